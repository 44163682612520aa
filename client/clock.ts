/**
 * Time source of the client. Tests pass one that they advance, so that they do not sleep.
 *
 * @example
 * const tenTimesFaster: Clock = {
 *   now: () => Date.now(),
 *   after(delayMs, callback) {
 *     const timer = setTimeout(callback, delayMs / 10);
 *     return () => clearTimeout(timer);
 *   },
 * };
 */
export type Clock = {
  /** Returns the milliseconds since 1970, including time during which the machine slept. */
  now(): number;
  /** Calls back once after the delay. The returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
};

/** `setTimeout` stores delays as signed 32-bit integers, and would fire longer ones immediately. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Clock of the platform. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
