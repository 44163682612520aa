import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '../common/durable-file.ts';
import { DataFolderUnusable } from '../common/errors.ts';

const START_DIGITS = 8;
const COUNT_DIGITS = 10;

/**
 * Creates a sequence of hexadecimal strings of one length. Each is greater than all before, also
 * those of earlier runs, independently of the clock. The first part counts the starts on this
 * folder, in its file `starts`; the second part counts within the run.
 *
 * S3 documents only that comparing the padded sequencers of two events of one key gives their
 * order.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function createSequence(folder: string): () => string {
  const path = join(folder, 'starts');
  const starts = readStarts(path, folder) + 1;
  replaceFileSync(path, `${starts}\n`);

  let count = 0;
  return () => {
    count += 1;
    return (hex(starts, START_DIGITS) + hex(count, COUNT_DIGITS)).toUpperCase();
  };
}

function readStarts(path: string, folder: string): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
  const starts = Number(text);
  if (!Number.isInteger(starts) || starts < 1) {
    throw new DataFolderUnusable(
      folder,
      `expected the number of starts in the file [${path}], got '${text}'`,
    );
  }
  return starts;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
