/**
 * The start of a process: by startProcess, and by a step that starts another one downstream.
 */
import { createHash, randomUUID } from 'node:crypto';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type Definition, machineArn } from '../data/definitions.ts';
import { type InputHeader, readInputHeader, writeInput } from '../data/documents.ts';
import { inputKey, type ProcessRef, processKey, stateKey } from '../data/keys.ts';
import { type Bucket, deleteObject } from '../data/objects.ts';
import { claimRunning, deleteIndex, releaseRunning, writeIndex } from '../data/process-index.ts';
import {
  isTerminal,
  type ProcessState,
  type StateRecord,
  startedAgain,
  startedState,
  toProcessState,
  wasNeverStarted,
} from '../data/state.ts';
import { createState, readState, updateState } from '../data/state-record.ts';
import { observeExecution } from '../events/observe-execution.ts';
import { canonicalJson } from './canonical-json.ts';
import { ProcessConflict } from './errors.ts';

/** What to do when the processId is taken: see ConflictPolicy in schema.graphql. */
export type ConflictPolicy = 'JOIN' | 'REJECT';

const stepFunctions = new SFNClient({});

/**
 * The state of the process after its start.
 *
 * The input is written, the id claimed and the process listed, the state recorded, the execution started: a crash after any of these
 * is mended by the same call made again. One id is one execution, however many calls come at once, because each write takes effect
 * once, and so does StartExecution by its name. Throws {@link ProcessConflict}, and then leaves nothing behind: no record least of all, by
 * which the caller could reach another owner's execution.
 */
export async function startProcess(
  bucket: Bucket,
  process: ProcessRef,
  definition: Definition,
  input: unknown,
  onConflict: ConflictPolicy,
): Promise<ProcessState> {
  const own: InputHeader = {
    definition: definition.name,
    sha256: hashOf(definition.name, input),
    startedAt: new Date().toISOString(),
    startId: randomUUID(),
  };
  let startedAt = new Date(own.startedAt);
  let present: StateRecord | undefined;
  if (!(await writeInput(bucket, process, JSON.stringify(input), own))) {
    const first = await readInputHeader(bucket, process);
    // Another start took its input back, since the id was not to be had.
    if (!first) return startProcess(bucket, process, definition, input, onConflict);
    refuseDifferent(process, own, first, onConflict);
    startedAt = new Date(first.startedAt);
    present = await readState(bucket, process);
    if (present && isTerminal(present.status) && !wasNeverStarted(present)) return toProcessState(present);
  }

  const [holder] = await Promise.all([claimRunning(bucket, process), writeIndex(bucket, process, startedAt)]);
  if (holder !== processKey(process)) {
    // Another owner tries for the id of a process that runs, and will be refused.
    if (present && typeof (await observeExecution(process, definition.name)) === 'object')
      return toProcessState(present);
    await removeStart(bucket, process, startedAt);
    throw new ProcessConflict(process.processId, 'owner');
  }
  const first = startedState(process, definition.name, definition.steps.length, startedAt);
  const record = await createState(bucket, process, first);
  const again = (now: StateRecord) => startedAgain(now, new Date());
  const running = again(record) ? await updateState(bucket, process, again) : undefined;
  if ((await startExecution(process, definition.name)) === 'another') {
    await removeStart(bucket, process, startedAt);
    await releaseRunning(bucket, process.processId);
    throw new ProcessConflict(process.processId, 'owner');
  }
  return toProcessState(running?.record ?? record);
}

/** Throws {@link ProcessConflict} unless the start is the first one, made again. */
function refuseDifferent(
  { processId }: ProcessRef,
  own: InputHeader,
  first: InputHeader,
  onConflict: ConflictPolicy,
): void {
  if (first.definition !== own.definition) throw new ProcessConflict(processId, 'definition');
  if (first.sha256 !== own.sha256) throw new ProcessConflict(processId, 'input');
  // The SDK repeats a write whose answer got lost, and finds what it has written itself.
  if (onConflict === 'REJECT' && first.startId !== own.startId) throw new ProcessConflict(processId, 'none');
}

/**
 * A name that is taken by a running execution with the same input answers as the first start did. One that has ended, or has another
 * input, is refused, and its input tells whose it is.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
async function startExecution(process: ProcessRef, definition: string): Promise<'own' | 'another'> {
  const input = JSON.stringify({ processData: processKey(process) });
  try {
    await stepFunctions.send(
      new StartExecutionCommand({ stateMachineArn: machineArn(definition), name: process.processId, input }),
    );
    return 'own';
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
    const taken = await observeExecution(process, definition);
    // Step Functions does not tell of it yet: the same call made again will see.
    if (taken === 'unknown') throw error;
    return taken === 'foreign' ? 'another' : 'own';
  }
}

/** The record goes first: with the rest it can be taken back by the same call made again. */
async function removeStart(bucket: Bucket, process: ProcessRef, startedAt: Date): Promise<void> {
  await deleteObject(bucket, stateKey(process));
  await deleteIndex(bucket, process, startedAt);
  await deleteObject(bucket, inputKey(process));
}

/** Two inputs that mean the same JSON have the same hash: the order of an object's keys does not count. */
function hashOf(definition: string, input: unknown): string {
  return createHash('sha256')
    .update(`${definition}\n${canonicalJson(input)}`)
    .digest('hex');
}
