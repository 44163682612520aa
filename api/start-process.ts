/**
 * The start of a process: by startProcess, and by a step that starts another one downstream.
 */
import { createHash } from 'node:crypto';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { type Definition, executionArn, machineArn } from '../data/definitions.ts';
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
import { ProcessConflict } from './errors.ts';

/** What to do when the processId is taken: see ConflictPolicy in schema.graphql. */
export type ConflictPolicy = 'JOIN' | 'REJECT';

const stepFunctions = new SFNClient({});

/**
 * The state of the process after its start.
 *
 * The input is written, the id claimed and the state recorded, the process listed, the execution started: a crash after any of these
 * is mended by the same call made again. One id is one execution, however many calls come at once, because each write takes effect
 * once, and so does StartExecution by its name. Throws {@link ProcessConflict}, and then leaves nothing behind.
 */
export async function startProcess(
  bucket: Bucket,
  process: ProcessRef,
  definition: Definition,
  input: unknown,
  onConflict: ConflictPolicy,
): Promise<ProcessState> {
  const header = { definition: definition.name, sha256: hashOf(definition.name, input) };
  if (!(await writeInput(bucket, process, JSON.stringify(input), header))) {
    await compareWithFirstStart(bucket, process, header, onConflict);
    const record = await readState(bucket, process);
    if (record && isTerminal(record.status) && !wasNeverStarted(record)) return toProcessState(record);
  }

  const first = startedState(process, definition.name, definition.steps.length, new Date());
  const [holder, record] = await Promise.all([
    claimRunning(bucket, process),
    createState(bucket, process, first),
  ]);
  if (holder !== processKey(process)) {
    await removeStart(bucket, process, record);
    throw new ProcessConflict(process.processId, 'owner');
  }
  await writeIndex(bucket, process, new Date(record.startedAt));
  const again = (now: StateRecord) => startedAgain(now, new Date());
  const running = again(record) ? await updateState(bucket, process, again) : undefined;
  if ((await startExecution(process, definition.name)) === 'another') {
    await removeStart(bucket, process, record);
    await releaseRunning(bucket, process.processId);
    throw new ProcessConflict(process.processId, 'owner');
  }
  return toProcessState(running?.record ?? record);
}

async function compareWithFirstStart(
  bucket: Bucket,
  process: ProcessRef,
  header: InputHeader,
  onConflict: ConflictPolicy,
): Promise<void> {
  const first = await readInputHeader(bucket, process);
  if (!first) return;
  if (first.definition !== header.definition) throw new ProcessConflict(process.processId, 'definition');
  if (first.sha256 !== header.sha256) throw new ProcessConflict(process.processId, 'input');
  if (onConflict === 'REJECT') throw new ProcessConflict(process.processId, 'none');
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
    const taken = await stepFunctions.send(
      new DescribeExecutionCommand({ executionArn: executionArn(definition, process.processId) }),
    );
    return taken.input === input ? 'own' : 'another';
  }
}

async function removeStart(bucket: Bucket, process: ProcessRef, record: StateRecord): Promise<void> {
  await Promise.all([
    deleteObject(bucket, stateKey(process)),
    deleteIndex(bucket, process, new Date(record.startedAt)),
    deleteObject(bucket, inputKey(process)),
  ]);
}

/** Two inputs that mean the same JSON have the same hash: the order of an object's keys does not count. */
function hashOf(definition: string, input: unknown): string {
  const canonical = JSON.stringify(input, (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(`${definition}\n${canonical}`).digest('hex');
}
