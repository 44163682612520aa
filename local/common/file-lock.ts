import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { PRIVATE_FILE } from './private-files.ts';

/** A lock that is held until it is released, or until the process ends in any way. */
export type FileLock = { release(): void };

/**
 * Acquires the lock of a file; returns undefined if another process holds a conflicting one. A
 * shared lock can have any number of holders, an exclusive one only one. The file is created if it
 * is missing, and stays empty.
 *
 * It is a lock of SQLite, as for the data folder. The operating system releases it when the process
 * dies, which a file with a process id cannot guarantee.
 */
export function tryLock(file: string, kind: 'shared' | 'exclusive'): FileLock | undefined {
  closeSync(openSync(file, 'a', PRIVATE_FILE));
  const database = new DatabaseSync(file);
  try {
    // A read acquires the shared lock.
    database.exec(kind === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as Error).message.includes('locked')) return undefined;
    throw error;
  }
}
