import { randomInt } from 'node:crypto';
import { StartError } from '../common/errors.ts';
import { ALL_FAULTS, FAULT_KINDS, type Faults } from './fault-kinds.ts';

/** Thrown when a list of faults is not valid. */
class InvalidFaults extends StartError {
  override readonly name = 'InvalidFaults';
  readonly entry: string;

  constructor(entry: string, expected: string) {
    super(`--faults: Expected ${expected}, got [${entry}]`);
    this.entry = entry;
  }
}

const MAX_SEED = 2 ** 32 - 1;
const MAX_MS = 3_600_000;

/**
 * Parses a list such as `all`, `seed=7,dropEvent=0.1` or `all,kill=0.001`. Later entries win. A
 * missing seed is chosen at random. Throws {@link InvalidFaults}.
 */
export function parseFaults(text: string): Faults {
  return Object.assign(
    { seed: randomInt(MAX_SEED) },
    ...text.split(',').map((entry) => parseEntry(entry.trim())),
  );
}

function parseEntry(entry: string): Partial<Faults> {
  if (entry === 'all') return ALL_FAULTS;
  const [, name = '', text = ''] = /^(\w+)=(.*)$/.exec(entry) ?? [];
  const value = text === '' ? Number.NaN : Number(text);
  const within = (max: number) => value >= 0 && value <= max;
  if (name === 'seed') {
    if (Number.isInteger(value) && within(MAX_SEED)) return { seed: value };
    throw new InvalidFaults(entry, `seed to be an integer from 0 to ${MAX_SEED}`);
  }
  if (name === 'delayEventMs' || name === 'slowMs') {
    if (within(MAX_MS)) return { [name]: value };
    throw new InvalidFaults(entry, `${name} to be from 0 to ${MAX_MS}`);
  }
  const kind = FAULT_KINDS.find((known) => known === name);
  if (!kind) {
    const known = ['seed', 'delayEventMs', 'slowMs', ...FAULT_KINDS];
    throw new InvalidFaults(entry, `all, or <name>=<value> with one of the names ${known.join(', ')}`);
  }
  if (within(1)) return { [kind]: value };
  throw new InvalidFaults(entry, `${kind} to be a probability from 0 to 1`);
}
