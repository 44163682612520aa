/**
 * Files and folders that only their owner reads: they hold API keys, credentials, and what
 * processes were started with. Windows knows no such modes; there a user's own folders are closed
 * to others.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** The mode of a file that its owner alone reads and writes. */
export const PRIVATE_FILE = 0o600;

/** The same for a folder, which closes whatever is below it. */
export const PRIVATE_FOLDER = 0o700;

/**
 * Makes the folder, with those above it, where it is missing, and closes one that is open to
 * others. Returns whether it was open.
 */
export function makePrivateFolder(path: string): boolean {
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER });
  const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
  if (isOpen) chmodSync(path, PRIVATE_FOLDER);
  return isOpen;
}

/**
 * Writes the file whole or not at all; nobody else can read it at any moment, whatever was there
 * before.
 */
export function writePrivateFile(file: string, text: string): void {
  const beside = `${file}.${randomUUID()}`;
  try {
    writeFileSync(beside, text, { mode: PRIVATE_FILE, flag: 'wx' });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
