import type { ProcessState } from './api-types.ts';

/**
 * Thrown when a process ended otherwise than SUCCEEDED; its three subclasses say how.
 *
 * @example
 * if (error instanceof ProcessEndedError) console.error(error.processId, error.error, error.cause);
 */
export abstract class ProcessEndedError extends Error {
  readonly processId: string;
  /** The error name that the process ended with, such as `PaymentDeclined` or `States.Timeout`. */
  readonly error: string | null;
  /** The text that came with it. */
  override readonly cause: string | null;
  /** The terminal state as it was recorded. */
  readonly state: ProcessState;

  constructor(state: ProcessState) {
    const why = [state.error, state.cause].filter(Boolean).join(': ');
    super(`Process [${state.processId}] of [${state.definition}] ended ${state.status}${why && `: ${why}`}`);
    this.processId = state.processId;
    this.error = state.error;
    this.cause = state.cause;
    this.state = state;
  }
}

/**
 * Thrown when a process ended FAILED: a step's error was not caught, or its machine came to a Fail
 * state.
 *
 * @example
 * if (error instanceof ProcessFailedError && error.error === 'PaymentDeclined') askForAnotherCard();
 */
export class ProcessFailedError extends ProcessEndedError {
  override readonly name = 'ProcessFailedError';
}

/**
 * Thrown when a process ended TIMED_OUT: it ran longer than its machine allows.
 *
 * @example
 * if (error instanceof ProcessTimedOutError) console.error(`Started ${error.state.startedAt}, gave up.`);
 */
export class ProcessTimedOutError extends ProcessEndedError {
  override readonly name = 'ProcessTimedOutError';
}

/**
 * Thrown when a process ended ABORTED: somebody stopped it.
 *
 * @example
 * if (error instanceof ProcessAbortedError) console.error(`Stopped: ${error.cause}`);
 */
export class ProcessAbortedError extends ProcessEndedError {
  override readonly name = 'ProcessAbortedError';
}

/**
 * Thrown when `timeoutMs` passed before the process ended. Only the waiting ended: the process
 * itself goes on, and a new `wait` with its id takes up where this one left off.
 *
 * @example
 * if (error instanceof WaitTimeoutError) showStillRunning(error.processId);
 */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
  readonly processId: string;
  readonly timeoutMs: number;

  constructor(processId: string, timeoutMs: number) {
    super(`Process [${processId}] has not ended within ${timeoutMs} ms. The process itself goes on.`);
    this.processId = processId;
    this.timeoutMs = timeoutMs;
  }
}

/**
 * Thrown when the client was disposed while a call was under way, or before it. What was started
 * goes on.
 *
 * @example
 * if (error instanceof ClientDisposedError) return;
 */
export class ClientDisposedError extends Error {
  override readonly name = 'ClientDisposedError';

  constructor() {
    super('The client has been disposed. Processes go on.');
  }
}

/** Errors of a resolver that come again with the same request; any other may pass. */
const FINAL_ERROR_TYPES = /^(Invalid|Unknown|Process|NotRedrivable|Unauthorized|GraphQLError)/;

/**
 * Thrown when the API refused a request or could not be reached.
 *
 * @example
 * if (error instanceof RequestError && error.errorType === 'InvalidInput') showPaths(error.errorInfo);
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /**
   * The API's own word (`InvalidInput`, `UnknownDefinition`, `ProcessConflict`, `ProcessNotFound`,
   * `InternalError`, `UnauthorizedException`, …) or one of the client's: `NetworkError` (no
   * answer), `CredentialsError` (the `token` or `apiKey` function threw), `HttpError` (an answer
   * that is not GraphQL), `GraphQLError` (an error without a type, as AppSync gives for a query
   * that does not fit the schema).
   */
  readonly errorType: string;
  /** What the API adds for the program: for `InvalidInput` the paths that are wrong. */
  readonly errorInfo: unknown;
  /** Path of the field that failed. */
  readonly path: readonly (string | number)[] | undefined;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /**
   * Whether the same request may succeed later. Where it may, the client has already tried several
   * times.
   */
  readonly retryable: boolean;

  constructor(
    message: string,
    errorType: string,
    status = 0,
    more: { cause?: unknown; errorInfo?: unknown; path?: (string | number)[] | null } = {},
  ) {
    super(message, more);
    this.errorType = errorType;
    this.errorInfo = more.errorInfo;
    this.path = more.path ?? undefined;
    this.status = status;
    this.retryable = !FINAL_ERROR_TYPES.test(errorType) && (status < 400 || status === 429 || status >= 500);
  }
}

/** What the API would answer, without asking it. */
export function invalidInput(message: string, path: string, problem: string): RequestError {
  return new RequestError(message, 'InvalidInput', 0, {
    errorInfo: { problems: [{ path, message: problem }] },
  });
}
