/**
 * Files and folders that only their owner can read: they hold API keys, credentials, and inputs of
 * processes. Windows has no such modes; there a user's own folders are closed to others.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** The mode of a file that only its owner can read and write. */
export const PRIVATE_FILE = 0o600;

/** The mode of such a folder, which closes everything below it. */
export const PRIVATE_FOLDER = 0o700;

/**
 * Creates the folder with its parents if it is missing, and closes it to others. Returns whether it
 * was open.
 */
export function makePrivateFolder(path: string): boolean {
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER });
  const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
  if (isOpen) chmodSync(path, PRIVATE_FOLDER);
  return isOpen;
}

/**
 * Writes the file completely or not at all. Nobody else can read it at any moment, whatever its
 * previous mode.
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
