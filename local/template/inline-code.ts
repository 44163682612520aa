import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes code of a template to `index.js` in a folder with the name of its hash, as assets have it.
 * Returns the folder.
 */
export function writeInlineCode(assemblyFolder: string, code: string): string {
  const hash = createHash('sha256').update(code).digest('hex');
  const folder = join(assemblyFolder, 'inline-code', hash);
  const file = join(folder, 'index.js');
  mkdirSync(folder, { recursive: true });
  // Another runtime may have the file open, with the same code.
  if (!existsSync(file)) writeFileSync(file, code);
  return folder;
}
