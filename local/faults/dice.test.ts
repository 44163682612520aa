import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDice } from './dice.ts';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';

const kind = fc.constantFrom(...FAULT_KINDS);
const seed = fc.nat(0xffff_ffff);
const everywhere = (probability: number) =>
  Object.fromEntries(FAULT_KINDS.map((each) => [each, probability]));

describe('the dice', () => {
  it('answer the same questions with the same seed in the same way', () => {
    fc.assert(
      fc.property(seed, fc.array(kind), (value, questions) => {
        const faults = { seed: value, ...everywhere(0.5) };
        const [one, other] = [createDice(faults), createDice(faults)];
        expect(questions.map(one.strike)).toEqual(questions.map(other.strike));
        expect(one.counts).toEqual(other.counts);
      }),
    );
  });

  it('answer for one kind as if nothing had been asked about the others', () => {
    fc.assert(
      fc.property(seed, kind, fc.array(kind), (value, asked, questions) => {
        const faults = { seed: value, ...everywhere(0.5) };
        const [mixed, alone] = [createDice(faults), createDice(faults)];
        const answers = questions.map((each) => [each, mixed.strike(each)] as const);
        const ofKind = answers.filter(([each]) => each === asked).map(([, answer]) => answer);
        expect(ofKind).toEqual(ofKind.map(() => alone.strike(asked)));
      }),
    );
  });

  it('answer otherwise with another seed, and for another kind', () => {
    const answers = (value: number, asked: FaultKind) => {
      const { strike } = createDice({ seed: value, ...everywhere(1) });
      return Array.from({ length: 5 }, () => strike(asked));
    };
    expect(answers(1, 'dropEvent')).not.toEqual(answers(2, 'dropEvent'));
    expect(answers(1, 'dropEvent')).not.toEqual(answers(1, 'failS3'));
  });

  it('strike about as often as the probability says, and count it', () => {
    const dice = createDice({ seed: 1, dropPush: 0.1 });
    for (let question = 0; question < 10_000; question++) dice.strike('dropPush');
    expect(dice.counts.dropPush).toBeGreaterThan(900);
    expect(dice.counts.dropPush).toBeLessThan(1_100);
  });

  it('strike always with the probability 1, over 0 and at most 1, and never with 0 or without one', () => {
    const dice = createDice({ seed: 3, failS3: 1, slowS3: 0 });
    for (let question = 0; question < 1_000; question++) {
      const fraction = dice.strike('failS3');
      expect(fraction).toBeGreaterThan(0);
      expect(fraction).toBeLessThanOrEqual(1);
      expect([dice.strike('slowS3'), dice.strike('loseS3')]).toEqual([0, 0]);
    }
    expect(dice.counts).toMatchObject({ failS3: 1_000, slowS3: 0, loseS3: 0 });
  });
});
