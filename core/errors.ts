/**
 * What a caller of the API can act on. A class's name is the `errorType` of the GraphQL error;
 * `info` is its `errorInfo`.
 */

/** An error that is the answer to a caller, and no failure of the function. */
export abstract class CallerError extends Error {
  /** Facts for a program; never data of another caller. */
  readonly info: Record<string, unknown>;

  constructor(message: string, info: Record<string, unknown> = {}) {
    super(message);
    this.info = info;
  }
}

/** One thing that is wrong with an input: `path` is a JSON Pointer (RFC 6901) into it. */
export type Problem = { path: string; message: string };

/** What of an error may fill an answer, in bytes of JSON, and in numbers. */
const MAX_PROBLEM_BYTES = 32_000;
const MAX_PROBLEMS = 100;
/** A path has the caller's own keys in it, a message the schema's own pattern. */
const MAX_TEXT_CHARACTERS = 1_000;

/**
 * Thrown when an argument is not what the field takes; nothing was written. `info.problems` has the
 * first 100 problems at most, of 32 kB together; `info.omitted` is the number of those left out,
 * where there are any.
 */
export class InvalidInput extends CallerError {
  override readonly name = 'InvalidInput';

  constructor(message: string, problems: readonly Problem[] = []) {
    const listed = firstProblems(problems);
    const omitted = problems.length - listed.length;
    super(message, omitted > 0 ? { problems: listed, omitted } : { problems: listed });
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

/** The beginning of a text that may be too long to show, marked where it was cut. */
export function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

/** Thrown when nothing can be started by that name. */
export class UnknownDefinition extends CallerError {
  override readonly name = 'UnknownDefinition';

  constructor(definition: string, known: readonly string[]) {
    super(`There is no definition [${definition.slice(0, 100)}]; there are [${known.join(', ')}]`, { known });
  }
}

/**
 * Thrown when a processId is taken by something else than what is being started; nothing was
 * written.
 */
export class ProcessConflict extends CallerError {
  override readonly name = 'ProcessConflict';

  constructor(processId: string, differs: 'definition' | 'input' | 'none') {
    const why = {
      definition: 'was started with another definition',
      input: 'was started with another input',
      none: 'is started already, and onConflict is REJECT',
    }[differs];
    super(`Process [${processId}] ${why}`, { differs });
  }
}

/**
 * Thrown when the caller has no such process: one of another owner is not told apart from one that
 * does not exist.
 */
export class ProcessNotFound extends CallerError {
  override readonly name = 'ProcessNotFound';

  constructor(processId: string) {
    super(`You have no process [${processId}]`);
  }
}

/** Thrown when a process that is to be stopped does not run (any more). */
export class ProcessNotRunning extends CallerError {
  override readonly name = 'ProcessNotRunning';

  constructor(processId: string, status: string) {
    super(`Process [${processId}] does not run: it is ${status}`, { status });
  }
}

/** Thrown when a process cannot run on from the step that failed. */
export class NotRedrivable extends CallerError {
  override readonly name = 'NotRedrivable';

  constructor(processId: string, why: string) {
    super(`Process [${processId}] cannot be redriven: ${why}`);
  }
}

/**
 * Thrown to the caller in place of an unexpected error, which is in the function's log under the
 * request id.
 */
export class InternalError extends Error {
  override readonly name = 'InternalError';

  constructor(requestId: string) {
    super(`Something went wrong on the server. Request id: ${requestId}`);
  }
}
