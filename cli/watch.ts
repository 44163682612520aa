import type { ProcessClient } from '../client/index.ts';
import { type FollowOptions, follow } from './follow.ts';
import { createProgress } from './progress.ts';

/**
 * Shows the progress of a process and returns the content of its output. Throws `ProcessEndedError`
 * if it did not succeed.
 */
export function watch(client: ProcessClient, processId: string, options: FollowOptions): Promise<unknown> {
  return follow({ processId, command: 'watch', started: true }, options, async (signal) => {
    // The watch below survives outages. This call fails if the facade cannot be reached at all.
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
