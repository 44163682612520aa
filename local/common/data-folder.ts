/**
 * The data folder of a local runtime: its database, its objects, its secret. Only one runtime at a
 * time can open it.
 */
import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderUnusable } from './errors.ts';
import { makePrivateFolder, PRIVATE_FILE, PRIVATE_FOLDER } from './private-files.ts';

/** An open data folder. */
export type DataFolder = {
  path: string;
  /** Shared by the services. Each has its own tables. */
  database: DatabaseSync;
  /** Created with the folder, and the same at every start: clients keep working after a restart. */
  apiKey: string;
  close(): void;
};

const KEY_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const KEY_LENGTH = 26;

/**
 * Opens the folder, and creates it if it is missing. Only its owner can read it and its contents;
 * permissions that an earlier version left open are closed. Throws {@link DataFolderUnusable}, also
 * for a folder that holds other files.
 */
export function openDataFolder(path: string): DataFolder {
  let database: DatabaseSync | undefined;
  try {
    const file = join(path, 'runtime.sqlite');
    // Closing a home folder or /tmp to others would be worse than leaving this data open.
    if (existsSync(path) && !existsSync(file) && readdirSync(path).length > 0)
      throw new Error('it holds other files');
    if (makePrivateFolder(path)) closeContents(path);
    accessSync(path, constants.W_OK);
    // SQLite gives the files beside its database the mode of the database.
    closeSync(openSync(file, 'a', PRIVATE_FILE));
    database = new DatabaseSync(file);
    // A second runtime on the same folder would deliver every event twice.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec('CREATE TABLE IF NOT EXISTS runtime (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
    const apiKey = readOrCreateApiKey(database);
    return { path, database, apiKey, close: () => database?.close() };
  } catch (cause) {
    database?.close();
    const message = (cause as Error).message;
    const reason = message.includes('locked') ? 'another local runtime is using it' : message;
    throw new DataFolderUnusable(path, reason, { cause });
  }
}

function closeContents(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // The target of a link is outside of this folder.
    if (entry.isSymbolicLink()) continue;
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE);
  }
}

function readOrCreateApiKey(database: DatabaseSync): string {
  const random = Array.from(randomBytes(KEY_LENGTH), (byte) => KEY_ALPHABET[byte % KEY_ALPHABET.length]).join(
    '',
  );
  database.prepare("INSERT OR IGNORE INTO runtime (name, value) VALUES ('apiKey', ?)").run(`da2-${random}`);
  return String(database.prepare("SELECT value FROM runtime WHERE name = 'apiKey'").get()?.value);
}
