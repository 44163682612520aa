/**
 * The folder of a local runtime: its database, its objects, its secret. One runtime at a time.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderUnusable } from './errors.ts';
import { makePrivateFolder, PRIVATE_FILE, PRIVATE_FOLDER } from './private-files.ts';

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

/**
 * Opens the folder, making it where it is missing. Only its owner can read it and what is in it,
 * also where an earlier version left it open. Throws {@link DataFolderUnusable}, also for a folder
 * that holds anything else.
 */
export function openDataFolder(path: string): DataFolder {
  let database: DatabaseSync | undefined;
  try {
    const file = join(path, 'runtime.sqlite');
    // Closing somebody's home or /tmp to others would be worse than leaving this data open.
    if (existsSync(path) && !existsSync(file) && readdirSync(path).length > 0)
      throw new Error('it holds other files');
    if (makePrivateFolder(path)) closeContents(path);
    accessSync(path, constants.W_OK);
    // SQLite gives the files beside its database the mode of the database.
    closeSync(openSync(file, 'a', PRIVATE_FILE));
    database = new DatabaseSync(file);
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

function closeContents(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // What a link points to is not of this folder.
    if (entry.isSymbolicLink()) continue;
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE);
  }
}

function readOrMakeApiKey(database: DatabaseSync): string {
  const made = Array.from(randomBytes(KEY_LENGTH), (byte) => KEY_ALPHABET[byte % KEY_ALPHABET.length]).join(
    '',
  );
  database.prepare("INSERT OR IGNORE INTO runtime (name, value) VALUES ('apiKey', ?)").run(`da2-${made}`);
  return String(database.prepare("SELECT value FROM runtime WHERE name = 'apiKey'").get()?.value);
}
