import { hash } from 'node:crypto';

/** Returns a generator of numbers in [0, 1). The same seed produces the same sequence. */
export function createRandom(seed: number | string): () => number {
  let count = 0;
  return () => hash('sha256', `${seed} ${count++}`, 'buffer').readUInt32BE(0) / 2 ** 32;
}
