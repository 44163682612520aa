import { hash } from 'node:crypto';
import { FAULT_KINDS, type FaultKind, type Faults } from './fault-kinds.ts';

/** Whether the fault strikes here and now: 0 if not, else how hard, over 0 and at most 1. */
export type Strike = (kind: FaultKind) => number;

/** The source of all chance of a dial. */
export type Dice = {
  strike: Strike;
  /** How often each fault has struck. */
  counts: Record<FaultKind, number>;
};

const UINT32_RANGE = 2 ** 32;

/**
 * Makes dice whose answer depends on the seed, the kind and how many questions of that kind came
 * before, and on nothing else: what is asked about other kinds changes nothing.
 */
export function createDice(faults: Faults): Dice {
  const asked = new Map<FaultKind, number>();
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Dice['counts'];

  return {
    strike(kind) {
      const probability = faults[kind] ?? 0;
      if (probability === 0) return 0;
      const question = asked.get(kind) ?? 0;
      asked.set(kind, question + 1);
      const digest = hash('sha256', `${faults.seed} ${kind} ${question}`, 'buffer');
      if (digest.readUInt32BE(0) / UINT32_RANGE >= probability) return 0;
      counts[kind]++;
      return (digest.readUInt32BE(4) + 1) / UINT32_RANGE;
    },
    counts,
  };
}
