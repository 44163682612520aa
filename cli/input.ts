import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { readJsonText } from '../core/json-text.ts';
import { CommandError } from './failures.ts';

const MAX_LISTED = 10;

/**
 * Reads JSON from a file, or from stdin if the name is `-`. Throws {@link CommandError}, also for
 * values that a JSON parser would silently change: numbers with too many digits, and duplicate
 * keys.
 */
export async function readInput(file: string): Promise<unknown> {
  const name = file === '-' ? 'stdin' : file;
  let bytes: Uint8Array;
  try {
    bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
  } catch (cause) {
    throw new CommandError(`Could not read the input: ${(cause as Error).message}`, { cause });
  }
  let read: ReturnType<typeof readJsonText>;
  try {
    // Unlike readFile's decoding, this removes the byte order mark that some editors write.
    read = readJsonText(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CommandError(`The input from ${name} is not valid JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const listed = read.problems.slice(0, MAX_LISTED).map((problem) => {
    const place = 'line' in problem ? `line ${problem.line}, column ${problem.column}: ` : '';
    return `${place}${problem.path || 'it'} ${problem.message}`;
  });
  if (listed.length === 0) return read.value;
  const more = read.problems.length - listed.length;
  throw new CommandError(
    `The input from ${name} cannot be sent unchanged: ${listed.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
  );
}
