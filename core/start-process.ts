/**
 * The start of a process: by startProcess, and by a step that starts another one downstream.
 */
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
 * Starts a process, or joins the one that the same start has made before, and returns its state.
 *
 * The order is: input, mark and index entry, state record, execution. A crash after any of these is
 * repaired by the same call made again. One id is one execution, however many calls come at once:
 * each write takes effect once, and so does StartExecution by its name. Nothing is ever removed.
 * Throws {@link ProcessConflict}.
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
    // Its time ran out in between: S3 removes the data of old processes.
    if (!first) return startProcess(services, process, definition, input, onConflict);
    rejectDifferent(data, own, first, onConflict);
    rejectOtherDefinition(data, present);
    if (present && isTerminal(present.status) && !isAbandonedStart(present)) return toProcessState(present);
    startedAt = first.startedAt;
  }
  // The mark comes before the record, so that the sweep finds every process that is recorded as
  // running.
  await Promise.all([
    markRunning(bucket, process, FIRST_RUN, own.startId),
    writeIndex(bucket, process, new Date(startedAt)),
  ]);
  const record = await recordStart(services, data, definition, new Date(startedAt));
  if (!isTerminal(record.status)) await startExecution(services, data);
  return toProcessState(record);
}

/**
 * The record of the process: RUNNING, unless it has ended meanwhile. Throws
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

/**
 * Throws {@link ProcessConflict} unless the start is the first one of this definition, made again.
 */
function rejectDifferent(
  { processId }: ProcessRef,
  own: InputHeader,
  first: InputHeader,
  onConflict: ConflictPolicy,
): void {
  if (first.sha256 !== own.sha256) throw new ProcessConflict(processId, 'input');
  // The SDK repeats a write whose response got lost, and then finds what it has written itself.
  if (onConflict === 'REJECT' && first.startId !== own.startId) throw new ProcessConflict(processId, 'none');
}

function rejectOtherDefinition({ processId, definition }: DataRef, record: StateRecord | undefined): void {
  if (record && record.definition !== definition) throw new ProcessConflict(processId, 'definition');
}

/**
 * A running execution of that name has the same input, because both follow from the process: Step
 * Functions then returns it. One that has ended is reported as taken, and is the process's own all
 * the same. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
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
