import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ProcessState } from '../client/index.ts';
import type { ProgressUpdate } from './progress-update.ts';
import { createStepCount } from './step-count.ts';

const writtenBy = (step: string): ProgressUpdate => ({
  kind: 'step',
  step: { processId: 'p', owner: 'o', step, part: null, bytes: 1, writtenAt: '2026-01-01T00:00:00Z' },
});
const stateOf = (stepsDone: number): ProgressUpdate => ({
  kind: 'state',
  state: { stepsDone } as ProcessState,
});

it('the count only rises, is never too high, and is right after each state', () => {
  // What happens, in any order: a step is done, its document is reported (or never), a state is
  // fetched.
  const event = fc.oneof(
    fc.constant('done' as const),
    fc.constant('state' as const),
    fc.record({ push: fc.nat(9) }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 50 }), (events) => {
      const count = createStepCount();
      let done = 0;
      let shown = 0;
      for (const next of events) {
        if (next === 'done') done += 1;
        else {
          if (next !== 'state' && next.push >= done) continue;
          const now = count.add(next === 'state' ? stateOf(done) : writtenBy(`Step${next.push}`));
          expect(now).toBeGreaterThanOrEqual(shown);
          expect(now).toBeLessThanOrEqual(done);
          if (next === 'state') expect(now).toBe(done);
          shown = now;
        }
      }
    }),
  );
});
