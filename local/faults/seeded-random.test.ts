import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';
import { createSeededRandom } from './seeded-random.ts';

const kind = fc.constantFrom(...FAULT_KINDS);
const seed = fc.nat(0xffff_ffff);
const everywhere = (probability: number) =>
  Object.fromEntries(FAULT_KINDS.map((each) => [each, probability]));

describe('a seeded random source', () => {
  it('gives the same results for the same calls with the same seed', () => {
    fc.assert(
      fc.property(seed, fc.array(kind), (value, questions) => {
        const faults = { seed: value, ...everywhere(0.5) };
        const [one, other] = [createSeededRandom(faults), createSeededRandom(faults)];
        expect(questions.map(one.shouldFail)).toEqual(questions.map(other.shouldFail));
        expect(one.counts).toEqual(other.counts);
      }),
    );
  });

  it('gives results for one kind whatever is asked about the others', () => {
    fc.assert(
      fc.property(seed, kind, fc.array(kind), (value, asked, questions) => {
        const faults = { seed: value, ...everywhere(0.5) };
        const [mixed, alone] = [createSeededRandom(faults), createSeededRandom(faults)];
        const results = questions.map((each) => [each, mixed.shouldFail(each)] as const);
        const ofKind = results.filter(([each]) => each === asked).map(([, result]) => result);
        expect(ofKind).toEqual(ofKind.map(() => alone.shouldFail(asked)));
      }),
    );
  });

  it('gives other results for another seed or kind', () => {
    const results = (value: number, asked: FaultKind) => {
      const { shouldFail } = createSeededRandom({ seed: value, ...everywhere(1) });
      return Array.from({ length: 5 }, () => shouldFail(asked));
    };
    expect(results(1, 'dropEvent')).not.toEqual(results(2, 'dropEvent'));
    expect(results(1, 'dropEvent')).not.toEqual(results(1, 'failS3'));
  });

  it('injects a fault about as often as its probability says, and counts it', () => {
    const random = createSeededRandom({ seed: 1, dropPush: 0.1 });
    for (let question = 0; question < 10_000; question++) random.shouldFail('dropPush');
    expect(random.counts.dropPush).toBeGreaterThan(900);
    expect(random.counts.dropPush).toBeLessThan(1_100);
  });

  it('injects always with the probability 1, over 0 and at most 1, and never with 0 or without one', () => {
    const random = createSeededRandom({ seed: 3, failS3: 1, slowS3: 0 });
    for (let question = 0; question < 1_000; question++) {
      const fraction = random.shouldFail('failS3');
      expect(fraction).toBeGreaterThan(0);
      expect(fraction).toBeLessThanOrEqual(1);
      expect([random.shouldFail('slowS3'), random.shouldFail('loseS3')]).toEqual([0, 0]);
    }
    expect(random.counts).toMatchObject({ failS3: 1_000, slowS3: 0, loseS3: 0 });
  });
});
