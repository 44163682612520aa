/**
 * Errors that a caller of the API can act on. The class name is the `errorType` of the GraphQL
 * error, and `info` is its `errorInfo`.
 */

/** An error returned to the caller. The Lambda invocation itself succeeds. */
export abstract class CallerError extends Error {
  /** Details for programs. Never contains data of another caller. */
  readonly info: Record<string, unknown>;

  constructor(message: string, info: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.info = info;
  }
}

/** A problem with an input. `path` is a JSON Pointer (RFC 6901) to its place. */
export type Problem = { path: string; message: string };

/** Limits for the problems in one response: bytes of JSON, and number. */
const MAX_PROBLEM_BYTES = 32_000;
const MAX_PROBLEMS = 100;
/** A path contains the caller's keys, and a message may contain the schema's pattern. */
const MAX_TEXT_CHARACTERS = 1_000;

/**
 * Thrown when an argument is invalid. Nothing was written.
 *
 * `info.problems` lists up to 100 problems with up to 32 kB together. `info.omitted` is the number
 * of problems that were left out, if any.
 */
export class InvalidInput extends CallerError {
  override readonly name = 'InvalidInput';

  constructor(message: string, problems: readonly Problem[] = [], options?: ErrorOptions) {
    const listed = firstProblems(problems);
    const omitted = problems.length - listed.length;
    super(message, omitted > 0 ? { problems: listed, omitted } : { problems: listed }, options);
  }
}

function firstProblems(problems: readonly Problem[]): Problem[] {
  const listed: Problem[] = [];
  let left = MAX_PROBLEM_BYTES;
  for (const { path, message } of problems.slice(0, MAX_PROBLEMS)) {
    const problem = { path: cut(path, MAX_TEXT_CHARACTERS), message: cut(message, MAX_TEXT_CHARACTERS) };
    left -= Buffer.byteLength(JSON.stringify(problem));
    if (left < 0) break;
    listed.push(problem);
  }
  return listed;
}

/** Truncates a text that may be too long to show, and marks where it was cut. */
export function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

/** Thrown when there is no definition with the name. */
export class UnknownDefinition extends CallerError {
  override readonly name = 'UnknownDefinition';

  constructor(definition: string, known: readonly string[]) {
    super(`Expected definition to be one of [${known.join(', ')}], got [${definition.slice(0, 100)}]`, {
      known,
    });
  }
}

/** Thrown when the processId is in use by a different process. Nothing was written. */
export class ProcessConflict extends CallerError {
  override readonly name = 'ProcessConflict';

  constructor(processId: string, differs: 'definition' | 'input' | 'none') {
    const why = {
      definition: 'was started with a different definition',
      input: 'was started with a different input',
      none: 'already exists, and onConflict is REJECT',
    }[differs];
    super(`Process [${processId}] ${why}`, { differs });
  }
}

/**
 * Thrown when the caller has no such process. The process of another owner looks like one that does
 * not exist.
 */
export class ProcessNotFound extends CallerError {
  override readonly name = 'ProcessNotFound';

  constructor(processId: string) {
    super(`Process [${processId}] not found`);
  }
}

/** Thrown when a process to be stopped is not running. */
export class ProcessNotRunning extends CallerError {
  override readonly name = 'ProcessNotRunning';

  constructor(processId: string, status: string) {
    super(`Process [${processId}] is not running: its status is ${status}`, { status });
  }
}

/** Thrown when a process cannot be resumed at the step that failed. */
export class NotRedrivable extends CallerError {
  override readonly name = 'NotRedrivable';

  constructor(processId: string, reason: string, options?: ErrorOptions) {
    super(`Could not redrive process [${processId}]: ${reason}`, {}, options);
  }
}

/**
 * Thrown to the caller in place of an unexpected error. The function's log has the original error
 * under the request id.
 */
export class InternalError extends Error {
  override readonly name = 'InternalError';

  constructor(requestId: string) {
    super(`Internal error. Request id: ${requestId}`);
  }
}
