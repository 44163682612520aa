/** The time, and delayed calls. Tests use a manual clock. */
export type Clock = {
  now(): number;
  /** Calls `run` once, after `ms` or somewhat earlier. The returned function cancels it. */
  after(ms: number, run: () => void): () => void;
};

/** The maximum delay of setTimeout. A longer one would end at once. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The real time. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, MAX_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
