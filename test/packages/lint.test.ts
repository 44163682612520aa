/**
 * Checks the tarballs with publint for package.json, and "Are the types wrong?"
 * for what TypeScript resolves. Both read the file that npm would publish.
 */
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { runIn } from './commands.ts';
import { packedTarball } from './pack.ts';

const MODULES = join(import.meta.dirname, '../../tools/node_modules');

const NAMES = ['process-facade', 'process-facade-client'];
const tarballOf = (name: string) => packedTarball(inject('tarballs'), name);

it('both packages have the same version', async () => {
  const [facade, client] = await Promise.all(NAMES.map(tarballOf));
  expect(facade?.version).toBe(client?.version);
});

describe.each(NAMES)('%s', (name) => {
  it('passes publint', async () => {
    const { file } = await tarballOf(name);
    const publint = join(MODULES, 'publint/src/cli.js');
    expect(await runIn(MODULES, process.execPath, [publint, 'run', file, '--strict'])).toContain('All good!');
  });

  it('has types that resolve under node16 and bundler, by import and by require', async () => {
    const { file } = await tarballOf(name);
    const attw = join(MODULES, '@arethetypeswrong/cli/dist/index.js');
    // It exits with 1 for a problem. Resolution as of node10 is ignored.
    // The format is not the same everywhere unless it is named.
    const args = [attw, file, '--profile', 'node16', '--format', 'ascii'];
    expect(await runIn(MODULES, process.execPath, args)).toContain('bundler: 🟢');
  });
});
