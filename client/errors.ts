import type { ProcessState } from './api-types.ts';

/**
 * Thrown when a process has ended with a status other than SUCCEEDED. Base class of
 * {@link ProcessFailedError}, {@link ProcessTimedOutError} and {@link ProcessAbortedError}.
 *
 * @example
 * if (error instanceof ProcessEndedError) console.error(error.processId, error.error, error.cause);
 */
export abstract class ProcessEndedError extends Error {
  readonly processId: string;
  /** Name of the error that ended the process, such as `PaymentDeclined` or `States.Timeout`. */
  readonly error: string | null;
  /** Error message. */
  override readonly cause: string | null;
  /** Terminal state as recorded. */
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
 * Thrown when a process has FAILED: a step's error was not caught, or the state machine reached a
 * Fail state.
 *
 * @example
 * if (error instanceof ProcessFailedError && error.error === 'PaymentDeclined') askForAnotherCard();
 */
export class ProcessFailedError extends ProcessEndedError {
  override readonly name = 'ProcessFailedError';
}

/**
 * Thrown when a process has TIMED_OUT: it ran longer than its state machine allows.
 *
 * @example
 * if (error instanceof ProcessTimedOutError) console.error(`Started ${error.state.startedAt}, gave up.`);
 */
export class ProcessTimedOutError extends ProcessEndedError {
  override readonly name = 'ProcessTimedOutError';
}

/**
 * Thrown when a process was ABORTED: a caller stopped it.
 *
 * @example
 * if (error instanceof ProcessAbortedError) console.error(`Stopped: ${error.cause}`);
 */
export class ProcessAbortedError extends ProcessEndedError {
  override readonly name = 'ProcessAbortedError';
}

/**
 * Thrown when `timeoutMs` has passed before the process ended. Only the call ends: the process
 * continues, and a new `wait` with its id resumes waiting.
 *
 * @example
 * if (error instanceof WaitTimeoutError) showStillRunning(error.processId);
 */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
  readonly processId: string;
  readonly timeoutMs: number;

  constructor(processId: string, timeoutMs: number) {
    super(`Process [${processId}] has not ended within ${timeoutMs} ms. It continues to run.`);
    this.processId = processId;
    this.timeoutMs = timeoutMs;
  }
}

/**
 * Thrown when the client was disposed before or during a call. Processes continue to run.
 *
 * @example
 * if (error instanceof ClientDisposedError) return;
 */
export class ClientDisposedError extends Error {
  override readonly name = 'ClientDisposedError';

  constructor() {
    super('The client has been disposed. Processes continue to run.');
  }
}

/** Error types that the same request would return again. Any other error may be temporary. */
const FINAL_ERROR_TYPES = /^(Invalid|Unknown|Process|NotRedrivable|Unauthorized|GraphQLError)/;

/**
 * Thrown when the API rejects a request or cannot be reached.
 *
 * @example
 * if (error instanceof RequestError && error.errorType === 'InvalidInput') showPaths(error.errorInfo);
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /**
   * Error type of the API (`InvalidInput`, `UnknownDefinition`, `ProcessConflict`,
   * `ProcessNotFound`, `InternalError`, `UnauthorizedException`, …) or of the client:
   * `NetworkError` (no response), `CredentialsError` (the `token` or `apiKey` function threw),
   * `HttpError` (a response that is not GraphQL), `GraphQLError` (an error without a type, as
   * AppSync returns for a query that violates the schema).
   */
  readonly errorType: string;
  /** Details for programs: for `InvalidInput`, the paths of the problems. */
  readonly errorInfo: unknown;
  /** Path of the field that failed. */
  readonly path: readonly (string | number)[] | undefined;
  /** HTTP status; 0 if there was no response. */
  readonly status: number;
  /**
   * Whether the same request may succeed later. If so, the client has already retried it several
   * times.
   */
  readonly retryable: boolean;

  constructor(
    message: string,
    errorType: string,
    status = 0,
    options: { cause?: unknown; errorInfo?: unknown; path?: (string | number)[] | null } = {},
  ) {
    super(message, options);
    this.errorType = errorType;
    this.errorInfo = options.errorInfo;
    this.path = options.path ?? undefined;
    this.status = status;
    this.retryable = !FINAL_ERROR_TYPES.test(errorType) && (status < 400 || status === 429 || status >= 500);
  }
}

/** Creates the error that the API would return, without a request. */
export function invalidInput(message: string, path: string, problem: string): RequestError {
  return new RequestError(message, 'InvalidInput', 0, {
    errorInfo: { problems: [{ path, message: problem }] },
  });
}
