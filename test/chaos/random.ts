import { hash } from 'node:crypto';

/** Numbers in [0, 1) that follow from the seed. */
export function createRandom(seed: number): () => number {
  let count = 0;
  return () => hash('sha256', `${seed} ${count++}`, 'buffer').readUInt32BE(0) / 2 ** 32;
}
