/**
 * Thrown when a state fails, with the error name and the cause that Step Functions shows. Retry and
 * Catch are asked about it, unless it is terminal: such a failure ends the execution.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  /** What Retry and Catch compare; undefined for a Fail state without one. */
  readonly error: string | undefined;
  /** Undefined where Step Functions gives none. */
  readonly reason: string | undefined;
  readonly isTerminal: boolean;

  constructor(error: string | undefined, reason: string | undefined, { isTerminal = false } = {}) {
    super(`${error ?? 'no error name'}: ${reason ?? 'no cause'}`);
    this.error = error;
    this.reason = reason;
    this.isTerminal = isTerminal;
  }
}

/** What can be kept of a failure; {@link revive} makes the failure of it again. */
export type FailureRecord = { error?: string; cause?: string; isTerminal: boolean };

/** The failure in a form for the database. */
export function recordOf({ error, reason, isTerminal }: StateFailure): FailureRecord {
  return { ...errorAndCause(error, reason), isTerminal };
}

/** The failure that the record was made of. */
export function revive({ error, cause, isTerminal }: FailureRecord): StateFailure {
  return new StateFailure(error, cause, { isTerminal });
}

/** `error` and `cause` as history events and executions have them: absent where there is none. */
export function errorAndCause(
  error: string | undefined,
  cause: string | undefined,
): { error?: string; cause?: string } {
  return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
}

/**
 * The failure of a state that cannot be run with the data it got: `States.Runtime`, which is
 * neither retried nor caught.
 */
export function runtimeFailure(reason: string): StateFailure {
  return new StateFailure('States.Runtime', reason, { isTerminal: true });
}

/**
 * The failure of an execution whose state machine is deleted: at its next transition, in a state
 * that is neither retried nor caught.
 * https://repost.aws/knowledge-center/step-functions-stuck-deleting-status
 */
export function machineDeleted(name: string): StateFailure {
  return runtimeFailure(`State machine ${name} has been deleted.`);
}
