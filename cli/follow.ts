import { RequestError, type Via } from '../client/index.ts';
import { toShellWords } from './arguments.ts';
import { CommandError, explainFailure } from './failures.ts';

/** The options of a command that follows a process. */
export type FollowOptions = { outputs?: string; via?: Via; timeout?: number };

/** A process that a command follows, and the command that takes it up again. */
type Followed = {
  processId: string;
  command: 'watch' | 'wait';
  /** Whether the process is known to be there; set as soon as it is. */
  started: boolean;
};

/**
 * The result of the work, whose signal fires at Ctrl-C and when the time is up. Then, and when a
 * start stays without an answer, throws a {@link CommandError} that says what became of the process
 * and how to get back to it.
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
      throw new CommandError(`Interrupted. ${wayBack(followed, options)}`, { exitCode: 130, cause });
    }
    if (signal.aborted) {
      throw new CommandError(`Gave up after ${timeout} s. ${wayBack(followed, options)}`, { cause });
    }
    if (!followed.started && cause instanceof RequestError && cause.retryable) {
      const why = explainFailure(cause)?.join(' ').replace(/\.?$/, '.');
      throw new CommandError(`${why} ${wayBack(followed, options)}`, { cause });
    }
    throw cause;
  } finally {
    // A Ctrl-C comes twice, from the terminal and passed on by npm: the second one is to find the
    // handler too.
    if (!interrupt.signal.aborted) process.off('SIGINT', onInterrupt);
  }
}

function wayBack({ processId, command, started }: Followed, { outputs, via }: FollowOptions): string {
  if (!started) {
    return `Whether it was started is not known. To try again as the same process, add: --id ${processId}`;
  }
  const more = [...(outputs ? ['--outputs', outputs] : []), ...(via ? ['--via', via] : [])];
  const words = toShellWords(['npm', 'run', 'process', '--', command, processId, ...more]);
  return `Process [${processId}] goes on. To attach again: ${words}`;
}
