/**
 * Where the client takes its time from; a test passes one that it moves by hand, so that no test
 * sleeps.
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
  /** Milliseconds since 1970, also running while the machine sleeps. */
  now(): number;
  /** Calls back once after the delay, unless the function that it returns was called before. */
  after(delayMs: number, callback: () => void): () => void;
};

/** A longer `setTimeout` delay would fire at once: it is kept as a signed 32-bit number. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The real time of the platform. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
