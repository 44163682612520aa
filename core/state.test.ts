import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROCESS_STATE_FIELDS } from './api-types.ts';
import {
  failAbandonedStart,
  isRecorded,
  isTerminal,
  type Observation,
  observe,
  restart,
  type StateRecord,
  startedState,
  toProcessState,
} from './state.ts';

const process = { owner: 'api-key', processId: '0190163d-8694-739b-aea5-966c26f8ad90' };
const start = startedState(process, 'order', 7, new Date('2026-01-02T03:04:05.006Z'));
const stoppedAt = new Date('2026-01-02T03:05:00Z');

const observations: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({ status: fc.constant('RUNNING' as const), redriveCount: fc.nat(3) }),
  // One run has one end: which one follows from its number.
  fc.nat(3).map((redriveCount) => ({
    status: (['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED'] as const)[redriveCount] ?? 'FAILED',
    redriveCount,
    stoppedAt: new Date(stoppedAt.getTime() + redriveCount),
    error: `E${redriveCount}`,
  })),
);

function fold(record: StateRecord, seen: Observation[]): StateRecord {
  return seen.reduce((state, next) => observe(state, next) ?? state, record);
}

describe('a state', () => {
  it('is the same after any order and repetition of observations, except for its version', () => {
    fc.assert(
      fc.property(
        fc
          .array(observations, { maxLength: 12 })
          .chain((seen) =>
            fc.tuple(
              fc.constant(seen),
              fc.shuffledSubarray([...seen, ...seen], { minLength: seen.length * 2 }),
            ),
          ),
        ([seen, shuffled]) => {
          expect({ ...fold(start, shuffled), version: 0 }).toEqual({ ...fold(start, seen), version: 0 });
        },
      ),
    );
  });

  it('increases its version by one with each change and never reverts', () => {
    fc.assert(
      fc.property(fc.array(observations, { maxLength: 12 }), (seen) => {
        let record = start;
        for (const next of seen) {
          const changed = observe(record, next);
          if (!changed) continue;
          expect(changed.version).toBe(record.version + 1);
          expect(changed.redriveCount).toBeGreaterThanOrEqual(record.redriveCount);
          if (isTerminal(record.status)) expect(changed.redriveCount).toBeGreaterThan(record.redriveCount);
          record = changed;
        }
      }),
    );
  });

  it('distinguishes a repeated observation from an older one', () => {
    const ended = fold(start, [{ status: 'SUCCEEDED', redriveCount: 0, stoppedAt }]);
    expect(isRecorded(ended, { status: 'SUCCEEDED', redriveCount: 0, stoppedAt })).toBe(true);
    expect(isRecorded(ended, { status: 'RUNNING', redriveCount: 0 })).toBe(false);
  });

  it('is under 4 KB of JSON for any error', () => {
    const texts = fc.string({ unit: 'binary', minLength: 0, maxLength: 40_000, size: 'max' });
    fc.assert(
      fc.property(texts, texts, (error, cause) => {
        const long = { ...start, owner: 'o'.repeat(200), definition: 'd'.repeat(40) };
        const failed = observe(long, { status: 'FAILED', redriveCount: 0, stoppedAt, error, cause });
        expect(failed).toBeDefined();
        expect(Buffer.byteLength(JSON.stringify(failed))).toBeLessThan(4_096);
      }),
      { numRuns: 50 },
    );
  });

  it('fails as NotStarted two minutes after its last start, and restarts under a higher version', () => {
    const later = (seconds: number) => new Date(Date.parse(start.startedAt) + seconds * 1_000);
    expect(failAbandonedStart(start, later(119))).toBeUndefined();
    const ended = failAbandonedStart(start, later(120));
    expect(ended).toMatchObject({ status: 'FAILED', error: 'NotStarted', version: 2 });
    const again = ended && restart(ended, later(130));
    expect(again).toMatchObject({ status: 'RUNNING', error: null, stoppedAt: null, version: 3 });
    expect(again && failAbandonedStart(again, later(249))).toBeUndefined();
    expect(again && failAbandonedStart(again, later(250))).toMatchObject({ version: 4 });
    // An execution after all: it was started by a call whose response was lost.
    expect(ended && observe(ended, { status: 'RUNNING', redriveCount: 0 })).toMatchObject({
      status: 'RUNNING',
      version: 3,
    });
  });

  it('stores the time of a start that is repeated after more than a minute', () => {
    const later = (seconds: number) => new Date(Date.parse(start.startedAt) + seconds * 1_000);
    expect(restart(start, later(60))).toBeUndefined();
    expect(restart(start, later(61))).toEqual({ ...start, startedAgainAt: later(61).toISOString() });
    const ended = fold(start, [{ status: 'SUCCEEDED', redriveCount: 0, stoppedAt }]);
    expect(restart(ended, later(999))).toBeUndefined();
  });

  it('has the message of a failed step, without its stack trace', () => {
    const cause = JSON.stringify({
      errorType: 'OutOfStock',
      errorMessage: 'No TEA left',
      trace: ['at secret.ts:1'],
    });
    expect(
      observe(start, { status: 'FAILED', redriveCount: 0, stoppedAt, error: 'OutOfStock', cause })?.cause,
    ).toBe('No TEA left');
    expect(observe(start, { status: 'FAILED', redriveCount: 0, stoppedAt, cause: '{"a":1}' })?.cause).toBe(
      '{"a":1}',
    );
    expect(observe(start, { status: 'ABORTED', redriveCount: 0, stoppedAt, cause: 'not {json' })?.cause).toBe(
      'not {json',
    );
  });

  it("has a remedy if a step's function ran out of memory", () => {
    const errorMessage = 'RequestId: 1 Error: Runtime exited with error: signal: killed';
    const cause = JSON.stringify({ errorType: 'Runtime.OutOfMemory', errorMessage });
    const seen = { status: 'FAILED', redriveCount: 0, stoppedAt, error: 'Runtime.OutOfMemory' } as const;
    const expected = `${errorMessage}: the function probably ran out of memory. Increase memorySize, or hold less data at once`;
    for (const text of [cause, errorMessage]) {
      expect(observe(start, { ...seen, cause: text })?.cause).toBe(expected);
    }
  });

  it('has the error of a timeout, from an event and from DescribeExecution, which omits it', () => {
    const seen = { status: 'TIMED_OUT', redriveCount: 0, stoppedAt } as const;
    expect(observe(start, seen)).toEqual(observe(start, { ...seen, error: 'States.Timeout' }));
    expect(observe(start, seen)?.error).toBe('States.Timeout');
    expect(observe(start, { ...seen, status: 'ABORTED' })?.error).toBeNull();
  });

  it('has exactly the fields of the API without the internal ones', () => {
    expect(`{ ${Object.keys(toProcessState(start)).join(' ')} }`).toBe(PROCESS_STATE_FIELDS);
  });
});
