import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { PRIVATE_FILE } from './private-files.ts';

/** A lock that is held until it is released, or until the process ends in whatever way. */
export type FileLock = { release(): void };

/**
 * Takes the lock that a file stands for; undefined while another holder is in the way. Any number
 * may share one, and an exclusive one has no other beside it. The file is made where it is missing;
 * it stays empty.
 *
 * It is SQLite's lock, the one that also guards the data folder: the operating system gives it back
 * when a process dies, which a file with a process id in it cannot promise.
 */
export function tryLock(file: string, kind: 'shared' | 'exclusive'): FileLock | undefined {
  closeSync(openSync(file, 'a', PRIVATE_FILE));
  const database = new DatabaseSync(file);
  try {
    // A read is what takes the shared lock.
    database.exec(kind === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as Error).message.includes('locked')) return undefined;
    throw error;
  }
}
