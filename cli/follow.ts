import { RequestError, type Via } from '../client/index.ts';
import { toShellWords } from './arguments.ts';
import { COMMAND } from './command-names.ts';
import { CommandError, explainFailure } from './failures.ts';

/** The options of a command that follows a process. */
export type FollowOptions = { outputs?: string; via?: Via; timeout?: number };

/** A process that a command follows, and the command to reattach to it. */
type Followed = {
  processId: string;
  command: 'watch' | 'wait';
  /** Set as soon as the process is known to exist. */
  started: boolean;
};

/**
 * Runs `work` with a signal that aborts at Ctrl-C and at the timeout, and returns its result. Then,
 * and if a start gets no response, throws a {@link CommandError} that says whether the process runs
 * and how to reattach to it.
 */
export async function follow<Result>(
  followed: Followed,
  options: FollowOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.on('SIGINT', onInterrupt);
  const { timeout } = options;
  const signal = AbortSignal.any([
    interrupt.signal,
    ...(timeout === undefined ? [] : [AbortSignal.timeout(timeout * 1_000)]),
  ]);
  try {
    return await work(signal);
  } catch (cause) {
    if (interrupt.signal.aborted) {
      throw new CommandError(`Interrupted. ${reattachHint(followed, options)}`, { exitCode: 130, cause });
    }
    if (signal.aborted) {
      throw new CommandError(`Timed out after ${timeout} s. ${reattachHint(followed, options)}`, { cause });
    }
    if (!followed.started && cause instanceof RequestError && cause.retryable) {
      const why = explainFailure(cause)?.join(' ').replace(/\.?$/, '.');
      throw new CommandError(`${why} ${reattachHint(followed, options)}`, { cause });
    }
    throw cause;
  } finally {
    // A Ctrl-C arrives twice, from the terminal and forwarded by npm. The handler stays for the
    // second one.
    if (!interrupt.signal.aborted) process.off('SIGINT', onInterrupt);
  }
}

function reattachHint({ processId, command, started }: Followed, { outputs, via }: FollowOptions): string {
  if (!started) {
    return `It is unknown whether the process was started. To repeat the same start, add: --id ${processId}`;
  }
  const more = [...(outputs ? ['--outputs', outputs] : []), ...(via ? ['--via', via] : [])];
  const words = toShellWords([...COMMAND.split(' '), command, processId, ...more]);
  return `Process [${processId}] continues. To reattach: ${words}`;
}
