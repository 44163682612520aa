import type { ProcessState } from './api-types.ts';
import { ProcessAbortedError, ProcessFailedError, ProcessTimedOutError } from './errors.ts';
import { type Lifetime, within } from './lifetime.ts';
import type { ProcessFeed, ProcessUpdate } from './process-feed.ts';
import { isTerminal } from './process-state.ts';

/**
 * Resolves to the terminal state of a feed's process. If the lifetime ends first, the feed is left,
 * and the promise never settles.
 */
export function followToEnd(
  feed: ProcessFeed,
  lifetime: Lifetime,
  onUpdate: ((update: ProcessUpdate) => void) | undefined,
): Promise<ProcessState> {
  return new Promise((resolve, reject) => {
    const leave = feed.join({
      steps: onUpdate !== undefined,
      onUpdate(update) {
        try {
          onUpdate?.(update);
        } catch (error) {
          return reject(error);
        }
        if (update.kind === 'state' && isTerminal(update.state)) resolve(update.state);
      },
      onFailure: reject,
    });
    lifetime.onEnd(leave);
  });
}

/**
 * Yields the updates of a process. Ends after the terminal state, or when the lifetime ends.
 */
export async function* followEach(
  openFeed: () => ProcessFeed,
  lifetime: Lifetime,
): AsyncGenerator<ProcessUpdate, void, undefined> {
  const queue: ProcessUpdate[] = [];
  let over = false;
  let notify = () => {};
  const ended = within(lifetime, async () =>
    followToEnd(openFeed(), lifetime, (update) => {
      queue.push(update);
      notify();
    }),
  );
  ended
    .catch(() => {})
    .then(() => {
      over = true;
      notify();
    });
  lifetime.onEnd(() => {
    if (lifetime.reason) queue.length = 0;
  });
  try {
    while (!over || queue.length > 0) {
      const update = queue.shift();
      if (update) yield update;
      else {
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
    }
    await ended;
  } finally {
    lifetime.end();
  }
}

/** Returns the state if it is SUCCEEDED; otherwise throws the error for its status. */
export function requireSucceeded(state: ProcessState): ProcessState {
  if (state.status === 'FAILED') throw new ProcessFailedError(state);
  if (state.status === 'TIMED_OUT') throw new ProcessTimedOutError(state);
  if (state.status === 'ABORTED') throw new ProcessAbortedError(state);
  return state;
}
