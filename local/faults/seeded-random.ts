import { hash } from 'node:crypto';
import { FAULT_KINDS, type FaultKind, type Faults } from './fault-kinds.ts';

/**
 * Returns 0 if the fault is not to be injected here. Otherwise returns its severity, over 0 and at
 * most 1: the fraction of the longest delay.
 */
export type ShouldFail = (kind: FaultKind) => number;

/** The random source of a fault injector. */
export type SeededRandom = {
  shouldFail: ShouldFail;
  /** The number of injections of each fault. */
  counts: Record<FaultKind, number>;
};

const UINT32_RANGE = 2 ** 32;

/**
 * Creates a random source whose results depend only on the seed, the kind and the number of earlier
 * calls for that kind. Calls for other kinds change nothing.
 */
export function createSeededRandom(faults: Faults): SeededRandom {
  const calls = new Map<FaultKind, number>();
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as SeededRandom['counts'];

  return {
    shouldFail(kind) {
      const probability = faults[kind] ?? 0;
      if (probability === 0) return 0;
      const call = calls.get(kind) ?? 0;
      calls.set(kind, call + 1);
      const digest = hash('sha256', `${faults.seed} ${kind} ${call}`, 'buffer');
      if (digest.readUInt32BE(0) / UINT32_RANGE >= probability) return 0;
      counts[kind]++;
      return (digest.readUInt32BE(4) + 1) / UINT32_RANGE;
    },
    counts,
  };
}
