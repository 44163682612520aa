/** The time, and a way to be called later. Tests have their own. */
export type Clock = {
  now(): number;
  /** Calls `run` once, after `ms` or somewhat earlier; the answer takes it back. */
  after(ms: number, run: () => void): () => void;
};

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The real time. */
export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
