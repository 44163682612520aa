import type { Clock } from '../../local/common/clock.ts';

/** A clock for tests, stopped until the test moves it. */
export type ManualClock = Clock & {
  /** Moves the time, and runs the calls that become due. */
  advance(ms: number): void;
  /** Moves the time to the next pending call; returns false without one. */
  advanceToNext(): boolean;
  /** Returns the number of pending calls. */
  waitingCount(): number;
};

/** Creates a clock at 2026-01-01. */
export function createManualClock(): ManualClock {
  let nowMs = Date.UTC(2026, 0, 1);
  const waiting = new Set<{ atMs: number; run: () => void }>();

  function advance(ms: number): void {
    nowMs += ms;
    for (const entry of [...waiting].filter(({ atMs }) => atMs <= nowMs)) {
      waiting.delete(entry);
      entry.run();
    }
  }

  return {
    now: () => nowMs,
    after(ms, run) {
      const entry = { atMs: nowMs + ms, run };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    advance,
    waitingCount: () => waiting.size,
    advanceToNext() {
      const next = Math.min(...[...waiting].map(({ atMs }) => atMs));
      if (next === Number.POSITIVE_INFINITY) return false;
      advance(Math.max(0, next - nowMs));
      return true;
    },
  };
}
