import type { ProcessClient } from '../client/index.ts';
import { type FollowOptions, follow } from './follow.ts';
import { createProgress } from './progress.ts';

/** The content of a process's output, after its progress was shown to the end. Throws `ProcessEndedError` for any other end. */
export function watch(client: ProcessClient, processId: string, options: FollowOptions): Promise<unknown> {
  return follow({ processId, command: 'watch', started: true }, options, async (signal) => {
    // To watch is to go on through every outage: whether the facade can be reached at all is seen here.
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
  const pushed = new Set<string>();
  let ended = false;

  /** Only the steps since the watching began are pushed, so how many there are in all is asked. */
  async function showStepsDone() {
    const state = await client.get(processId, options);
    if (!ended && state.stoppedAt === null) progress.show({ kind: 'state', state });
  }

  for await (const update of client.watch(processId, options)) {
    progress.show(update);
    if (update.kind === 'state' || pushed.has(update.step.step)) continue;
    pushed.add(update.step.step);
    // Where that fails, the watching goes on, and brings the number later.
    showStepsDone().catch(() => {});
  }
  ended = true;
}
