import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CommandError } from './failures.ts';

/** The JSON in a file, or on stdin where the name is `-`. Throws {@link CommandError}. */
export async function readInput(file: string): Promise<unknown> {
  const name = file === '-' ? 'stdin' : file;
  let bytes: Uint8Array;
  try {
    bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
  } catch (cause) {
    throw new CommandError(`Cannot read the input: ${(cause as Error).message}`, { cause });
  }
  try {
    // Unlike readFile's own decoding, this one takes off the byte order mark that some editors write.
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new CommandError(`The input from ${name} is no JSON: ${(cause as Error).message}`, { cause });
  }
}
