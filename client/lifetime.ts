import type { Clock } from './clock.ts';
import { WaitTimeoutError } from './errors.ts';
import { processIdError } from './process-id.ts';

/**
 * Lifetime of a call, of a process's feed or of the client. It ends once, and all of its timers,
 * requests and listeners end with it.
 *
 * It is not an AbortSignal, because React Native's loses the reason, and because ten thousand of
 * them must stay small.
 */
export class Lifetime {
  ended = false;
  /** Why it ended; undefined if its work was completed. */
  reason: unknown;
  readonly #callbacks = new Set<() => void>();

  /** Ends the lifetime. Only the first call has an effect. */
  end(reason?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.reason = reason;
    for (const callback of this.#callbacks) callback();
    this.#callbacks.clear();
  }

  /**
   * Calls back at the end, or immediately if it has ended. The returned function removes the
   * callback.
   */
  onEnd(callback: () => void): () => void {
    if (this.ended) callback();
    else this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }
}

/** Limits that can end a call early, besides its parent. */
export type Limits = { signal?: AbortSignal | undefined; timeoutMs?: number | undefined };

/** Maximum of a platform's timers, 24.8 days. A longer time would fire immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Creates a lifetime that ends with its parent, with the caller's signal, or after the timeout,
 * whichever comes first. If the processId or the timeout is invalid, it has already ended, with the
 * error as its reason.
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
 * Runs work within a lifetime. Rejects with the lifetime's reason as soon as it ends, even if the
 * work continues. The lifetime has ended when this settles.
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
