/**
 * The commands of a page run one after the other as a reader pastes them, in a copy of the
 * repository with a local runtime of its own. A comment above a block leaves it out and gives the
 * reason: see pages.ts.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'vitest';
import { temporaryFolder } from '../kit/temporary-folder.ts';
import { followPage, isRun } from './follow-page.ts';
import { blocksOf, PAGES, ROOT } from './pages.ts';

/** In an app of its own: test/packages/tutorial.test.ts follows it. */
const TUTORIAL = 'docs/write-a-process.md';

/** Copies what git knows and what is new; the installed packages are shared. */
function copyRepository(to: string): void {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  for (const file of execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(ROOT, file), join(to, file));
  }
  for (const modules of ['node_modules', 'tools/node_modules', 'web-client/node_modules'])
    symlinkSync(join(ROOT, modules), join(to, modules));
}

describe('a reader who pastes what the page shows', () => {
  const pages = PAGES.filter((page) => !page.startsWith('examples/') && page !== TUTORIAL);

  it.each(pages.filter((page) => blocksOf(page).some(isRun)))(
    'gets the shown results: %s',
    { timeout: 300_000 },
    async (page) => {
      using folder = temporaryFolder('docs');
      copyRepository(folder.path);
      await followPage(page, folder.path);
    },
  );
});
