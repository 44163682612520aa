import type { ProcessClient } from '../client/index.ts';
import { type FollowOptions, follow } from './follow.ts';
import { createProgress } from './progress.ts';

/**
 * The content of a process's output, after its progress was shown to the end. Throws
 * `ProcessEndedError` for any other end.
 */
export function watch(client: ProcessClient, processId: string, options: FollowOptions): Promise<unknown> {
  return follow({ processId, command: 'watch', started: true }, options, async (signal) => {
    // A watch goes on through every outage: whether the facade can be reached at all shows here.
    await client.get(processId, { signal });
    await showProgress(client, processId, { via: options.via, signal });
    await client.wait(processId, { via: 'polling', signal });
    const { output } = await client.data(processId, { steps: [], signal });
    return output?.content ?? null;
  });
}

async function showProgress(
  client: ProcessClient,
  processId: string,
  options: { via: FollowOptions['via']; signal: AbortSignal },
): Promise<void> {
  using progress = createProgress(process.stderr);
  for await (const update of client.watch(processId, options)) progress.show(update);
}
