import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FILE } from './private-files.ts';

/**
 * Syncs the names in a folder, so that they survive a crash of the machine. A rename or an unlink
 * alone does not.
 */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and writes file names through by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces the text of a file. A crash leaves either the old or the new text. */
export function replaceFileSync(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', PRIVATE_FILE);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}

/** Removes everything in a folder. */
export function emptyFolderSync(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}
