import type { Clock } from './clock.ts';
import { WaitTimeoutError } from './errors.ts';

/**
 * How long one call, one process's feed or the whole client goes on. It ends once, and everything that was begun for
 * it (timers, requests, listeners) ends with it.
 *
 * Not an AbortSignal, because React Native's loses the reason, and because ten thousand of these must stay small.
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

  /** Calls back at the end, at once if that has come; returns a function that takes the callback off again. */
  onEnd(callback: () => void): () => void {
    if (this.ended) callback();
    else this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }
}

/** What can end a call early, besides its parent. */
export type Limits = { signal?: AbortSignal | undefined; timeoutMs?: number | undefined };

/** A lifetime that ends with its parent, with the caller's signal, or when the time is up, whichever comes first. */
export function startLifetime(
  parent: Lifetime,
  { signal, timeoutMs }: Limits,
  clock: Clock,
  processId: string,
): Lifetime {
  const lifetime = new Lifetime();
  lifetime.onEnd(parent.onEnd(() => lifetime.end(parent.reason)));
  if (signal) {
    const abort = () => lifetime.end(signal.reason ?? new Error('The call was aborted.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    lifetime.onEnd(() => signal.removeEventListener('abort', abort));
  }
  if (timeoutMs !== undefined) {
    lifetime.onEnd(clock.after(timeoutMs, () => lifetime.end(new WaitTimeoutError(processId, timeoutMs))));
  }
  return lifetime;
}

/**
 * The result of the work, or the lifetime's reason as soon as that ends first, even when the work does not notice.
 * The lifetime has ended when this settles.
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
