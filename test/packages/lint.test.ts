/**
 * Checks the tarballs with publint for package.json, and "Are the types wrong?"
 * for what TypeScript resolves. Both read the file that npm would publish.
 */
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { runIn } from './commands.ts';

const MODULES = join(import.meta.dirname, '../../tools/node_modules');

it('both packages have the same version', () => {
  const versions = Object.values(inject('tarballs')).map(({ version }) => version);
  expect(versions).toHaveLength(2);
  expect(new Set(versions).size).toBe(1);
});

describe.each(Object.entries(inject('tarballs')))('%s', (_, { file }) => {
  it('passes publint', async () => {
    const publint = join(MODULES, 'publint/src/cli.js');
    expect(await runIn(MODULES, process.execPath, [publint, 'run', file, '--strict'])).toContain('All good!');
  });

  it('has types that resolve under node16 and bundler, by import and by require', async () => {
    const attw = join(MODULES, '@arethetypeswrong/cli/dist/index.js');
    // It exits with 1 for a problem. Resolution as of node10 is ignored.
    expect(await runIn(MODULES, process.execPath, [attw, file, '--profile', 'node16'])).toContain(
      'bundler: 🟢',
    );
  });
});
