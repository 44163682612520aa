/** Starts processes, for startProcess and for steps that start another process downstream. */
import { createHash } from 'node:crypto';
import { ExecutionAlreadyExists, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { ConflictPolicy, ProcessState } from './api-types.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Definition, executionInput, executionName, machineArn } from './definitions.ts';
import { type InputHeader, readInputHeader, writeInput } from './documents.ts';
import { ProcessConflict } from './errors.ts';
import type { DataRef, ProcessRef } from './keys.ts';
import { FIRST_RUN, markRunning, writeIndex } from './process-index.ts';
import type { Services } from './services.ts';
import {
  isAbandonedStart,
  isTerminal,
  restart,
  type StateRecord,
  startedState,
  toProcessState,
} from './state.ts';
import { createState, readState, updateState } from './state-record.ts';

/**
 * Starts a process, or joins the one that an identical call has started, and returns its state.
 *
 * The order is: input, mark and index entry, state record, execution. After a crash at any point,
 * repeating the call completes the start. One id is one execution, however many calls are made
 * concurrently: each write takes effect once, and so does StartExecution by its name. Nothing is
 * removed. Throws {@link ProcessConflict}.
 */
export async function startProcess(
  services: Services,
  process: ProcessRef,
  definition: Definition,
  input: unknown,
  onConflict: ConflictPolicy,
): Promise<ProcessState> {
  const { bucket } = services;
  const data: DataRef = { ...process, definition: definition.name };
  const json = JSON.stringify(input);
  const own: InputHeader = {
    sha256: createHash('sha256').update(canonicalJson(input)).digest('hex'),
    startedAt: services.now().toISOString(),
    startId: services.newId(),
  };
  let { startedAt } = own;
  if (!(await writeInput(bucket, data, json, own))) {
    const [first, present] = await Promise.all([readInputHeader(bucket, data), readState(bucket, process)]);
    // The input has expired in between: S3 deletes the data of old processes.
    if (!first) return startProcess(services, process, definition, input, onConflict);
    rejectDifferent(data, own, first, onConflict);
    rejectOtherDefinition(data, present);
    if (present && isTerminal(present.status) && !isAbandonedStart(present)) return toProcessState(present);
    startedAt = first.startedAt;
  }
  // The mark precedes the record, so that the sweep finds every process recorded as RUNNING.
  await Promise.all([
    markRunning(bucket, process, FIRST_RUN, own.startId),
    writeIndex(bucket, process, new Date(startedAt)),
  ]);
  const record = await recordStart(services, data, definition, new Date(startedAt));
  if (!isTerminal(record.status)) await startExecution(services, data);
  return toProcessState(record);
}

/**
 * Records the start and returns the record: RUNNING, unless the process has ended meanwhile. Throws
 * {@link ProcessConflict}.
 */
async function recordStart(
  { bucket, now }: Services,
  data: DataRef,
  { steps, outputStep }: Definition,
  startedAt: Date,
): Promise<StateRecord> {
  const first = { ...startedState(data, data.definition, steps.length, startedAt), outputStep };
  const record = await createState(bucket, data, first);
  rejectOtherDefinition(data, record);
  const again = (present: StateRecord) => restart(present, now());
  return again(record) ? ((await updateState(bucket, data, again))?.record ?? record) : record;
}

/** Throws {@link ProcessConflict} unless the start repeats the first one. */
function rejectDifferent(
  { processId }: ProcessRef,
  own: InputHeader,
  first: InputHeader,
  onConflict: ConflictPolicy,
): void {
  if (first.sha256 !== own.sha256) throw new ProcessConflict(processId, 'input');
  // The SDK repeats a write whose response was lost, and then finds its own input.
  if (onConflict === 'REJECT' && first.startId !== own.startId) throw new ProcessConflict(processId, 'none');
}

function rejectOtherDefinition({ processId, definition }: DataRef, record: StateRecord | undefined): void {
  if (record && record.definition !== definition) throw new ProcessConflict(processId, 'definition');
}

/**
 * Starts the execution unless it exists.
 *
 * A running execution of the name has the same input, because both are derived from the process:
 * Step Functions then returns it. One that has ended is reported as existing, and belongs to the
 * process too.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
async function startExecution({ stepFunctions }: Services, data: DataRef): Promise<void> {
  try {
    await stepFunctions.send(
      new StartExecutionCommand({
        stateMachineArn: machineArn(data.definition),
        name: executionName(data),
        input: executionInput(data),
      }),
    );
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}
