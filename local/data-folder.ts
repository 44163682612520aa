/**
 * The folder of a local runtime: its database, its objects, its secret. One runtime at a time.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderUnusable } from './errors.ts';

/** The opened folder. */
export type DataFolder = {
  path: string;
  /** Shared by the services; each has tables of its own. */
  database: DatabaseSync;
  /** Made with the folder, and the same at every start: clients keep working after a restart. */
  apiKey: string;
  close(): void;
};

const KEY_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const KEY_LENGTH = 26;

/** Opens the folder, making it where it is not there. Throws {@link DataFolderUnusable}. */
export function openDataFolder(path: string): DataFolder {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    database = new DatabaseSync(join(path, 'runtime.sqlite'));
    // The lock is the runtime's: a second one on the same folder would deliver every event twice.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec('CREATE TABLE IF NOT EXISTS runtime (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
    const apiKey = readOrMakeApiKey(database);
    return { path, database, apiKey, close: () => database?.close() };
  } catch (cause) {
    database?.close();
    const message = (cause as Error).message;
    const why = message.includes('locked') ? 'another local runtime is using it' : message;
    throw Object.assign(new DataFolderUnusable(path, why), { cause });
  }
}

function readOrMakeApiKey(database: DatabaseSync): string {
  const made = Array.from(randomBytes(KEY_LENGTH), (byte) => KEY_ALPHABET[byte % KEY_ALPHABET.length]).join(
    '',
  );
  database.prepare("INSERT OR IGNORE INTO runtime (name, value) VALUES ('apiKey', ?)").run(`da2-${made}`);
  return String(database.prepare("SELECT value FROM runtime WHERE name = 'apiKey'").get()?.value);
}
