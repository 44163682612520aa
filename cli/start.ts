import { createProcessId, type ProcessClient } from '../client/index.ts';
import { type FollowOptions, follow } from './follow.ts';
import { readInput } from './input.ts';
import { createProgress } from './progress.ts';

/** The options of `start`. */
export type StartOptions = FollowOptions & { input: string; id?: string; watch?: boolean };

/**
 * Starts a process and returns its first state. With `watch`, shows its progress and returns the
 * content of its output.
 */
export async function start(
  client: ProcessClient,
  definition: string,
  options: StartOptions,
): Promise<unknown> {
  const input = await readInput(options.input);
  const { id: processId = createProcessId(), via } = options;
  const followed = { processId, command: 'watch' as const, started: false };
  return follow(followed, options, async (signal) => {
    if (!options.watch) return client.start(definition, input, { processId, signal });
    using progress = createProgress(process.stderr);
    return await client.run(definition, input, {
      processId,
      via,
      signal,
      onUpdate(update) {
        followed.started = true;
        progress.show(update);
      },
    });
  });
}
