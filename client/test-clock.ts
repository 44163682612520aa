import type { Clock } from './clock.ts';

/** A clock that only advances when a test says so. */
export type TestClock = Clock & {
  /** Advances the time, and calls the timers that are due in order. */
  advance(byMs: number): void;
  /** Returns the delays of all pending timers. */
  delaysMs(): number[];
};

/** Creates a clock at an arbitrary time. */
export function createTestClock(): TestClock {
  let nowMs = 1_800_000_000_000;
  const timers = new Set<{ dueMs: number; delayMs: number; callback: () => void }>();
  return {
    now: () => nowMs,
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(byMs) {
      const endMs = nowMs + byMs;
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
        if (!next) break;
        timers.delete(next);
        nowMs = next.dueMs;
        next.callback();
      }
      nowMs = endMs;
    },
    delaysMs: () => [...timers].map(({ delayMs }) => delayMs),
  };
}
