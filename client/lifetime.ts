import type { Clock } from './clock.ts';
import { WaitTimeoutError } from './errors.ts';
import { processIdError } from './process-id.ts';

/**
 * How long one call, one process's feed or the whole client goes on. It ends once, and everything
 * that was begun for it (timers, requests, listeners) ends with it.
 *
 * Not an AbortSignal, because React Native's loses the reason, and because ten thousand of these
 * must stay small.
 */
export class Lifetime {
  ended = false;
  /** Why it ended; undefined when its work was simply done. */
  reason: unknown;
  readonly #callbacks = new Set<() => void>();

  /** Only the first call counts. */
  end(reason?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.reason = reason;
    for (const callback of this.#callbacks) callback();
    this.#callbacks.clear();
  }

  /**
   * Calls back at the end, at once if that has come; returns a function that takes the callback off
   * again.
   */
  onEnd(callback: () => void): () => void {
    if (this.ended) callback();
    else this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }
}

/** What can end a call early, besides its parent. */
export type Limits = { signal?: AbortSignal | undefined; timeoutMs?: number | undefined };

/** The longest time of a platform's timer, 24.8 days; it takes a longer one for none at all. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A lifetime that ends with its parent, with the caller's signal, or when the time is up, whichever
 * comes first. It has ended from the beginning, with the error as its reason, where the processId
 * or the time cannot be one.
 */
export function startLifetime(
  parent: Lifetime,
  { signal, timeoutMs }: Limits,
  clock: Clock,
  processId: string | undefined,
): Lifetime {
  const lifetime = new Lifetime();
  const error = (processId !== undefined && processIdError(processId)) || timeoutError(timeoutMs);
  if (error) lifetime.end(error);
  lifetime.onEnd(parent.onEnd(() => lifetime.end(parent.reason)));
  if (signal) {
    const abort = () => lifetime.end(signal.reason ?? new Error('The call was aborted.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    lifetime.onEnd(() => signal.removeEventListener('abort', abort));
  }
  if (timeoutMs !== undefined && timeoutMs <= MAX_TIMER_MS) {
    const end = () => lifetime.end(new WaitTimeoutError(processId ?? '', timeoutMs));
    lifetime.onEnd(clock.after(timeoutMs, end));
  }
  return lifetime;
}

function timeoutError(timeoutMs: number | undefined): RangeError | undefined {
  if (timeoutMs === undefined || timeoutMs >= 0) return undefined;
  return new RangeError(`Expected timeoutMs to be 0 or more, got ${timeoutMs}`);
}

/**
 * The result of the work, or the lifetime's reason as soon as that ends first, even when the work
 * does not notice. The lifetime has ended when this settles.
 */
export function within<Result>(lifetime: Lifetime, work: () => Promise<Result>): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    lifetime.onEnd(() => reject(lifetime.reason));
    if (!lifetime.ended)
      work()
        .then(resolve, reject)
        .then(() => lifetime.end());
  });
}

/** Resolves after the delay; rejects with the lifetime's reason if that ends first. */
export function sleep(delayMs: number, lifetime: Lifetime, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(delayMs, () => {
      release();
      resolve();
    });
    const release = lifetime.onEnd(() => {
      cancel();
      reject(lifetime.reason);
    });
  });
}
