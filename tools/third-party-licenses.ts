/**
 * Collects the licenses of the packages whose code is in the built functions and in the explorer.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SEPARATOR = `\n${'-'.repeat(80)}\n\n`;

/** Returns the folders of the packages that the files belong to, such as `node_modules/uuid`. */
export function packagesOf(files: readonly string[]): string[] {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)];
}

/** Returns the folders of all packages installed in `folder`. */
export function packagesIn(folder: string): string[] {
  return globSync('**/node_modules/{@*/*,[!@.]*}/package.json', { cwd: folder }).map((file) =>
    join(folder, file, '..'),
  );
}

/** Returns one text with the name, version, and license of each package, each once, by name. */
export function licensesText(folders: readonly string[]): string {
  const texts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const [file] = globSync('{LICENSE,LICENCE,License,license,COPYING}*', { cwd: folder }).sort();
    const path = file && join(folder, file);
    const text = path && existsSync(path) ? readFileSync(path, 'utf8').trim() : `License: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  return [...new Set(texts)].sort().join(SEPARATOR);
}
