/**
 * For all tests: those that need these packages should not wait for npm within their time limits.
 */
import { join } from 'node:path';
import { installPackages } from '../local/common/install-packages.ts';

export async function setup(): Promise<void> {
  for (const folder of ['web-client', 'tools'])
    await installPackages(join(import.meta.dirname, '..', folder));
}
