import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** The waiting of a dial; it does not keep the process alive. */
export type Delays = {
  /**
   * Resolves true when the time is over, and false as soon as `signal` fires or the dial is closed.
   * Never rejects.
   */
  wait(ms: number, signal?: AbortSignal): Promise<boolean>;
  /** Ends all waiting, also what begins later. */
  close(): void;
};

/** Makes the waiting. */
export function createDelays(): Delays {
  const closing = new AbortController();
  // One for each wait, however many there are.
  setMaxListeners(0, closing.signal);
  return {
    wait(ms, signal) {
      const end = signal ? AbortSignal.any([closing.signal, signal]) : closing.signal;
      return delay(ms, true, { ref: false, signal: end }).catch(() => false);
    },
    close: () => closing.abort(),
  };
}
