/**
 * The tutorial in an empty folder outside the repository, command by command and file by file. Only
 * its installations differ: the packages come from their tarballs, the others in the versions that
 * the repository has.
 */
import { inject, it } from 'vitest';
import { followPage } from '../docs/follow-page.ts';
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
    const [npm, install, ...words] = command.split(/\s+/);
    if (npm !== 'npm' || install !== 'install') return command;
    const packages = words.map((word) =>
      word.startsWith('-') ? word : (tarballs.get(word) ?? sameAsHere(word)),
    );
    return ['npm install --prefer-offline --no-audit --no-fund', ...packages].join(' ');
  });
});
