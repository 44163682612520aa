/**
 * The tutorial in an empty folder outside the repository, command by command and file by file. Only
 * its installations differ: the packages come from their tarballs, the others in the versions that
 * the repository has. `init` is the repository's, because nothing is installed before it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, it } from 'vitest';
import { followPage } from '../docs/follow-page.ts';
import { ROOT } from '../docs/pages.ts';
import { temporaryFolder } from '../kit/temporary-folder.ts';
import { sameAsHere } from './commands.ts';
import { packedTarball } from './pack.ts';

it('the tutorial leads from an empty folder to a tested and synthesized app', {
  timeout: 600_000,
}, async () => {
  using folder = temporaryFolder('tutorial');
  const tarballs = new Map<string, string>();
  for (const name of ['process-facade', 'process-facade-client'])
    tarballs.set(name, (await packedTarball(inject('tarballs'), name)).file);

  await followPage('docs/write-a-process.md', folder.path, (command) => {
    if (command === 'npx process-facade init') return `node ${join(ROOT, 'cli/process-facade.ts')} init`;
    const [npm, install, ...words] = command.split(/\s+/);
    if (npm !== 'npm' || install !== 'install') return command;
    const wanted = words.length > 0 ? words : dependenciesOf(folder.path);
    const packages = wanted.map((name) => tarballs.get(name) ?? sameAsHere(name));
    return ['npm install --prefer-offline --no-audit --no-fund', ...packages].join(' ');
  });
});

/** Returns what the app in a folder depends on. */
function dependenciesOf(folder: string): string[] {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...devDependencies });
}
