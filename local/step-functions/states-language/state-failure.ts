/**
 * Thrown when a state fails, with the error name and the cause that Step Functions shows. Retry and
 * Catch apply, unless it is terminal: such a failure ends the execution.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  /** The name that Retry and Catch compare; undefined for a Fail state without one. */
  readonly error: string | undefined;
  /** Undefined if Step Functions has none. */
  readonly reason: string | undefined;
  readonly isTerminal: boolean;

  constructor(error: string | undefined, reason: string | undefined, { isTerminal = false } = {}) {
    super(`${error ?? 'no error name'}: ${reason ?? 'no cause'}`);
    this.error = error;
    this.reason = reason;
    this.isTerminal = isTerminal;
  }
}

/** A stored failure. {@link revive} restores it. */
export type FailureRecord = { error?: string; cause?: string; isTerminal: boolean };

/** Converts a failure for the database. */
export function recordOf({ error, reason, isTerminal }: StateFailure): FailureRecord {
  return { ...errorAndCause(error, reason), isTerminal };
}

/** Restores the failure of a record. */
export function revive({ error, cause, isTerminal }: FailureRecord): StateFailure {
  return new StateFailure(error, cause, { isTerminal });
}

/** Returns `error` and `cause` as in history events and executions: absent if undefined. */
export function errorAndCause(
  error: string | undefined,
  cause: string | undefined,
): { error?: string; cause?: string } {
  return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
}

/**
 * Returns the failure of a state that cannot run with its data: `States.Runtime`, which is neither
 * retried nor caught.
 */
export function runtimeFailure(reason: string): StateFailure {
  return new StateFailure('States.Runtime', reason, { isTerminal: true });
}

/**
 * Returns the failure of an execution whose state machine is deleted. It happens at the next
 * transition, and is neither retried nor caught.
 * https://repost.aws/knowledge-center/step-functions-stuck-deleting-status
 */
export function machineDeleted(name: string): StateFailure {
  return runtimeFailure(`State machine ${name} has been deleted.`);
}
