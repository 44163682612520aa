import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes code of a template to `index.js` in a folder of its own. Returns the folder. */
export function writeInlineCode(assemblyFolder: string, functionId: string, code: string): string {
  const folder = join(assemblyFolder, 'inline-code', functionId);
  const file = join(folder, 'index.js');
  mkdirSync(folder, { recursive: true });
  // Another runtime may be serving the same assembly.
  if (!existsSync(file) || readFileSync(file, 'utf8') !== code) writeFileSync(file, code);
  return folder;
}
