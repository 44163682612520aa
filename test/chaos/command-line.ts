/** Shared by the commands of this folder and the benchmark. */
import { InvalidArgumentError } from 'commander';
import { makeTemporaryFolder } from '../../cli/command-line.ts';
import { parseFaults } from '../../local/faults/parse-faults.ts';

/** Parses an option as an integer from 1. */
export function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('Expected a whole number from 1.');
  return count;
}

/** Checks that an option is a list of faults, and returns it. */
export function toFaults(text: string): string {
  try {
    parseFaults(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return text;
}

/** Creates a folder that is removed when this process exits, also by Ctrl-C. */
export function temporaryFolder(name: string): string {
  const folder = makeTemporaryFolder(name);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  return folder;
}

/** Returns a different seed for each run. */
export function randomSeed(): number {
  return Math.ceil(Math.random() * 1e9);
}
