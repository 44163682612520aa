/**
 * Finds the files that come with the package. Everything else asks this module, because the place
 * of a module differs between the repository and the bundles of the installed package.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whether this is the repository, where nothing is built and TypeScript runs as it is. */
export const IS_REPOSITORY: boolean = import.meta.filename.endsWith('.ts');

/** The folder of the repository or of the installed package. */
const ROOT = nearestPackage(import.meta.dirname);

/** Returns the absolute path of a file or folder of the package. */
export function packageFile(...path: string[]): string {
  return join(ROOT, ...path);
}

/** Returns the nearest folder at or above `folder` that has a package.json, or `folder` itself. */
export function nearestPackage(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return folder;
  }
}
