import { createRandom } from '../chaos/random.ts';

/**
 * Choices that depend only on a seed and the number of an input, so that one input can be
 * reproduced without the others.
 */
export type Dice = {
  /** Returns an integer from 0, below the limit. */
  below(limit: number): number;
  chance(probability: number): boolean;
  one<T>(items: readonly T[]): T;
  /** Each item with this probability, in order. */
  some<T>(items: readonly T[], probability: number): T[];
};

export function createDice(seed: number, index: number): Dice {
  const random = createRandom(`${seed} ${index}`);
  const below = (limit: number) => Math.floor(random() * limit);
  return {
    below,
    chance: (probability) => random() < probability,
    one(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('expected something to choose from');
      return item;
    },
    some: (items, probability) => items.filter(() => random() < probability),
  };
}
