/**
 * The state of a process and its transitions. Pure functions; `state-record.ts` stores the result.
 *
 * Status events and DescribeExecution are both converted to an {@link Observation}. Observations of
 * one execution have a total order, so any order and repetition of them leads to the same state.
 */
import type { ProcessState, ProcessStatus } from './api-types.ts';
import type { ProcessRef } from './keys.ts';

/** The state as it is stored: the API's fields, and those that only the facade needs. */
export type StateRecord = ProcessState & {
  /** Run of the execution that the state belongs to. */
  redriveCount: number;
  /** Step whose document is the output, according to the definition at the start. */
  outputStep?: string;
  /** Time of the last read repair, which calls DescribeExecution. */
  checkedAt?: string;
  /** Time of the last repeated start, if there was one. */
  startedAgainAt?: string;
};

/** An observed execution status. `redriveCount` identifies the run. */
export type Observation = {
  status: ProcessStatus;
  redriveCount: number;
  stoppedAt?: Date;
  error?: string;
  cause?: string;
};

/** The `redriveCount` of a start that never had an execution. */
const BEFORE_FIRST_RUN = -1;
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

/** Returns the first state of a process: RUNNING, version 1. */
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
 * Returns the state after an observation, with the next version. Undefined if the observation is
 * not newer.
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

/** Status events include the error of a timeout; DescribeExecution does not. */
function errorOf({ status, error }: Observation): string | null {
  if (error !== undefined) return cut(error, MAX_ERROR_BYTES);
  return status === 'TIMED_OUT' ? 'States.Timeout' : null;
}

/** Error of a process whose execution was never started. */
const NOT_STARTED = 'NotStarted';

/**
 * Longer than the timeout of every function that starts a process. A start is complete or abandoned
 * after this time.
 */
export const MAX_START_MS = 60_000;

/**
 * Returns the FAILED state of a process whose start was interrupted before its execution began.
 * Undefined if the execution has begun, or if the start may still be in progress.
 *
 * `askedAt` is the time at which Step Functions reported no execution. A start that was repeated
 * since then, or was too recent by then, does not fail. The state belongs to no run, so any later
 * observation of an execution is newer.
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
    cause: 'The start was interrupted before the execution began. Start it again with the same processId',
    redriveCount: BEFORE_FIRST_RUN,
  };
}

/** Returns true for a state from {@link failAbandonedStart}. */
export function isAbandonedStart(record: StateRecord): boolean {
  return record.redriveCount === BEFORE_FIRST_RUN;
}

/**
 * Returns the state of a process whose start is repeated; undefined if it does not change.
 *
 * After {@link failAbandonedStart}, the process is RUNNING again under a higher version. If it
 * could soon be abandoned, the time of the repeated start is stored and prevents that.
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

/** Returns true if the record already has this observation. False for an older one. */
export function isRecorded(record: StateRecord, seen: Observation): boolean {
  return rank(record) === rank(seen) && record.status === seen.status;
}

/** Returns true for a status in which nothing is running. Only a redrive leaves it. */
export function isTerminal(status: ProcessStatus): boolean {
  return IS_TERMINAL[status];
}

/** Returns true for a status of Step Functions. */
export function isProcessStatus(text: unknown): text is ProcessStatus {
  return typeof text === 'string' && Object.hasOwn(IS_TERMINAL, text);
}

/**
 * Returns the state with the number of steps that have written a document. If it is SUCCEEDED, both
 * numbers are equal: steps of branches that were not taken do not count.
 */
export function withStepsDone<State extends ProcessState>(state: State, stepsDone: number): State {
  return { ...state, stepsDone, stepsTotal: state.status === 'SUCCEEDED' ? stepsDone : state.stepsTotal };
}

/** Returns the API's fields of a record. */
export function toProcessState(record: StateRecord): ProcessState {
  const { redriveCount: _, outputStep: __, checkedAt: ___, startedAgainAt: ____, ...state } = record;
  return state;
}

/** Orders observations by run; within a run: running, then ended, then waiting for a redrive. */
function rank({ status, redriveCount }: { status: ProcessStatus; redriveCount: number }): number {
  const withinRun = status === 'RUNNING' ? 0 : status === 'PENDING_REDRIVE' ? 2 : 1;
  return redriveCount * 3 + withinRun;
}

/**
 * Lambda's message for a process that the kernel or V8 has killed, nearly always because it was out
 * of memory.
 */
const ENDED_BY_SIGNAL = /Runtime exited with error: signal: (killed|aborted)$/;

/**
 * Extracts the message from the cause of a failed Lambda, which is JSON with a stack trace. Adds a
 * remedy if Lambda's message has none. The execution's history has the complete text.
 */
function readableCause(cause: string): string {
  const message = errorMessageIn(cause) ?? cause;
  if (!ENDED_BY_SIGNAL.test(message)) return message;
  return `${message}: the function probably ran out of memory. Increase memorySize, or hold less data at once`;
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

/** Truncates a text, marked with `…`, so that its JSON has at most `maxBytes` bytes. */
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
