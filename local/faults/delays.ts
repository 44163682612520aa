import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Delays of a fault injector. They do not keep the process alive. */
export type Delays = {
  /**
   * Resolves true when the time is over, and false as soon as `signal` aborts or `close` is called.
   * Never rejects.
   */
  wait(ms: number, signal?: AbortSignal): Promise<boolean>;
  /** Ends all delays, also those that begin later. */
  close(): void;
};

/** Creates the delay source. */
export function createDelays(): Delays {
  const closing = new AbortController();
  // Each delay adds a listener, and there is no limit to them.
  setMaxListeners(0, closing.signal);
  return {
    wait(ms, signal) {
      const end = signal ? AbortSignal.any([closing.signal, signal]) : closing.signal;
      return delay(ms, true, { ref: false, signal: end }).catch(() => false);
    },
    close: () => closing.abort(),
  };
}
