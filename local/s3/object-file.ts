import { fstatSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Checksum } from './checksum.ts';

/** The metadata of an object. */
export type ObjectRecord = {
  key: string;
  sizeBytes: number;
  /** MD5 in hex, without quotes. */
  etag: string;
  /** ISO 8601, in whole seconds, as in S3. */
  lastModified: string;
  sequencer: string;
  /** Only in a versioned bucket. */
  versionId?: string;
  /** Headers that GetObject returns: `content-type`, `cache-control`, `x-amz-meta-*`. */
  headers: Record<string, string>;
  checksum?: Checksum;
};

/**
 * Appends the record to the bytes of an object. The file then holds the bytes, a line break, the
 * {@link ObjectRecord} as one line of JSON, and a line break. One rename makes both visible, the
 * bytes begin at 0, and `tail -n 1` shows the record.
 */
export async function appendRecord(file: FileHandle, record: ObjectRecord): Promise<void> {
  await file.appendFile(`\n${JSON.stringify(record)}\n`);
  await file.sync();
}

const LINE_BREAK = 0x0a;
const FIRST_READ_BYTES = 4096;

/**
 * Returns the record at the end of an open object file; undefined for an incomplete file.
 */
export function readRecord(descriptor: number): ObjectRecord | undefined {
  const fileBytes = fstatSync(descriptor).size;
  for (let length = FIRST_READ_BYTES; ; length *= 4) {
    const tail = Buffer.alloc(Math.min(length, fileBytes));
    readSync(descriptor, tail, 0, tail.length, fileBytes - tail.length);
    if (tail.at(-1) !== LINE_BREAK) return undefined;
    const before = tail.lastIndexOf(LINE_BREAK, -2);
    if (before >= 0) return parseRecord(tail.subarray(before + 1, -1), fileBytes);
    if (tail.length === fileBytes) return undefined;
  }
}

function parseRecord(line: Buffer, fileBytes: number): ObjectRecord | undefined {
  try {
    const record: ObjectRecord = JSON.parse(line.toString('utf8'));
    return fileBytes === record.sizeBytes + line.length + 2 ? record : undefined;
  } catch {
    return undefined;
  }
}
