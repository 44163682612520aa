/**
 * Where a process stands, and how it may change. Pure: what is in the bucket is `state-record.ts`.
 *
 * Whatever tells of an execution (status events, DescribeExecution) tells it as an
 * {@link Observation}. Observations of one execution have a total order, so any order and
 * repetition of them ends in the same state.
 */
import type { ProcessState, ProcessStatus } from './api-types.ts';
import type { ProcessRef } from './keys.ts';

/** The state as it is kept: what the API shows, and what only the facade itself needs. */
export type StateRecord = ProcessState & {
  /** Which run of the execution it tells of. */
  redriveCount: number;
  /** The step whose document is the output, as the definition had it at the start. */
  outputStep?: string;
  /** When DescribeExecution was last asked because no event came. */
  checkedAt?: string;
  /** When the start was last made again, if it was. */
  startedAgainAt?: string;
};

/** What somebody saw of an execution. `redriveCount` tells its runs apart. */
export type Observation = {
  status: ProcessStatus;
  redriveCount: number;
  stoppedAt?: Date;
  error?: string;
  cause?: string;
};

const BEFORE_THE_FIRST_RUN = -1;
const MAX_ERROR_BYTES = 300;
const MAX_CAUSE_BYTES = 2_000;
/** Whether the execution has ended. A redrive that is about to start keeps a process open. */
const IS_TERMINAL: Readonly<Record<ProcessStatus, boolean>> = {
  RUNNING: false,
  SUCCEEDED: true,
  FAILED: true,
  TIMED_OUT: true,
  ABORTED: true,
  PENDING_REDRIVE: false,
};

/** The first state of a process: RUNNING, version 1. */
export function startedState(
  process: ProcessRef,
  definition: string,
  stepsTotal: number,
  now: Date,
): StateRecord {
  return {
    processId: process.processId,
    owner: process.owner,
    definition,
    status: 'RUNNING',
    version: 1,
    startedAt: now.toISOString(),
    stoppedAt: null,
    error: null,
    cause: null,
    stepsDone: 0,
    stepsTotal,
    redriveCount: 0,
  };
}

/**
 * The state after an observation, one version up; or undefined when it tells nothing newer, and
 * nothing is to be written.
 */
export function observe(record: StateRecord, seen: Observation): StateRecord | undefined {
  if (rank(seen) <= rank(record)) return undefined;
  const ended = isTerminal(seen.status);
  return {
    ...record,
    status: seen.status,
    version: record.version + 1,
    stoppedAt: ended ? (seen.stoppedAt ?? new Date()).toISOString() : null,
    error: ended ? errorOf(seen) : null,
    cause: ended && seen.cause !== undefined ? cut(readableCause(seen.cause), MAX_CAUSE_BYTES) : null,
    redriveCount: seen.redriveCount,
  };
}

/** Status events tell the error of a time-out, DescribeExecution does not. */
function errorOf({ status, error }: Observation): string | null {
  if (error !== undefined) return cut(error, MAX_ERROR_BYTES);
  return status === 'TIMED_OUT' ? 'States.Timeout' : null;
}

/** The error of a process whose execution was never started. */
const NOT_STARTED = 'NotStarted';

/**
 * No function that starts a process lives longer, so after this time a start is over or broken off.
 */
export const MAX_START_MS = 60_000;

/**
 * The end of a process whose start broke off before its execution; undefined for one that is past
 * that, or may yet be.
 *
 * `askedAt` is when Step Functions was asked, and knew of no execution: a start that was made since
 * then, or had not had its time by then, is not ended. The end tells of no run, so whatever is seen
 * of an execution later is newer.
 */
export function failAbandonedStart(record: StateRecord, askedAt: Date): StateRecord | undefined {
  if (record.status !== 'RUNNING' || record.redriveCount !== 0) return undefined;
  if (sinceStartMs(record, askedAt) < 2 * MAX_START_MS) return undefined;
  return {
    ...record,
    status: 'FAILED',
    version: record.version + 1,
    stoppedAt: askedAt.toISOString(),
    error: NOT_STARTED,
    cause: 'The start broke off before the execution began: start it again with the same processId',
    redriveCount: BEFORE_THE_FIRST_RUN,
  };
}

/** True for an end by {@link failAbandonedStart}. */
export function isAbandonedStart(record: StateRecord): boolean {
  return record.redriveCount === BEFORE_THE_FIRST_RUN;
}

/**
 * The state of a process whose start is made again: RUNNING after all, under a higher version,
 * where it had ended as never started; and where it soon could, the time of this start, which
 * {@link failAbandonedStart} heeds. Undefined where nothing is to be written.
 */
export function restart(record: StateRecord, now: Date): StateRecord | undefined {
  const startedAgainAt = now.toISOString();
  if (isAbandonedStart(record)) {
    return {
      ...record,
      status: 'RUNNING',
      version: record.version + 1,
      stoppedAt: null,
      error: null,
      cause: null,
      redriveCount: 0,
      startedAgainAt,
    };
  }
  const couldSoonEnd =
    record.status === 'RUNNING' && record.redriveCount === 0 && sinceStartMs(record, now) > MAX_START_MS;
  return couldSoonEnd ? { ...record, startedAgainAt } : undefined;
}

function sinceStartMs({ startedAt, startedAgainAt }: StateRecord, now: Date): number {
  return now.getTime() - Date.parse(startedAgainAt ?? startedAt);
}

/**
 * True when the observation is the one that the record already tells of: a repetition, not an older
 * one.
 */
export function isRecorded(record: StateRecord, seen: Observation): boolean {
  return rank(record) === rank(seen) && record.status === seen.status;
}

/** True for a status in which nothing runs any more. Only a redrive leaves it. */
export function isTerminal(status: ProcessStatus): boolean {
  return IS_TERMINAL[status];
}

/** True for a word that Step Functions has for a status. */
export function isProcessStatus(text: unknown): text is ProcessStatus {
  return typeof text === 'string' && Object.hasOwn(IS_TERMINAL, text);
}

/**
 * The state with the number of steps that have written a document. One that has SUCCEEDED is
 * complete: the steps of a branch that it did not take are not missing.
 */
export function withStepsDone<State extends ProcessState>(state: State, stepsDone: number): State {
  return { ...state, stepsDone, stepsTotal: state.status === 'SUCCEEDED' ? stepsDone : state.stepsTotal };
}

/** The record without what only the facade itself needs. */
export function toProcessState(record: StateRecord): ProcessState {
  const { redriveCount: _, outputStep: __, checkedAt: ___, startedAgainAt: ____, ...state } = record;
  return state;
}

/**
 * Later runs beat earlier ones; within a run the end beats the running, and the wait for a redrive
 * beats the end.
 */
function rank({ status, redriveCount }: { status: ProcessStatus; redriveCount: number }): number {
  const withinRun = status === 'RUNNING' ? 0 : status === 'PENDING_REDRIVE' ? 2 : 1;
  return redriveCount * 3 + withinRun;
}

/**
 * How Lambda puts it when a function's process was ended, by the kernel or by V8; nearly always for
 * want of memory.
 */
const ENDED_BY_SIGNAL = /Runtime exited with error: signal: (killed|aborted)$/;

/**
 * A failed Lambda's cause is the JSON of its error with a stack trace: callers get what it says,
 * not where in the code it said it, and what to do where Lambda's own words do not say it. The
 * whole text stays in the execution's history.
 */
function readableCause(cause: string): string {
  const message = errorMessageIn(cause) ?? cause;
  if (!ENDED_BY_SIGNAL.test(message)) return message;
  return `${message}: the function probably ran out of memory. Raise its memory (memorySize), or let it hold less at once`;
}

function errorMessageIn(cause: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = (parsed as { errorMessage?: unknown } | null)?.errorMessage;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The text, or its beginning and `…`, so that its JSON takes at most `maxBytes` bytes. */
function cut(text: string, maxBytes: number): string {
  const bytesAsJson = (part: string) => Buffer.byteLength(JSON.stringify(part)) - 2;
  if (bytesAsJson(text) <= maxBytes) return text;
  const characters = Array.from(text.slice(0, maxBytes));
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bytesAsJson(`${characters.slice(0, middle).join('')}…`) <= maxBytes) low = middle;
    else high = middle - 1;
  }
  return `${characters.slice(0, low).join('')}…`;
}
