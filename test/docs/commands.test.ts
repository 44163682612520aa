/**
 * The commands of a page run one after the other as a reader pastes them, in a copy of the
 * repository with a local runtime of its own. A comment above a block leaves it out and gives the
 * reason: see pages.ts.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../kit/temporary-folder.ts';
import { foreignEnvironment } from '../packages/commands.ts';
import { blocksOf, commandsOf, PAGES, ROOT } from './pages.ts';
import { openTerminal } from './shell.ts';

/** The port that the pages show, which may be in use on this machine. */
const PORT = '127.0.0.1:4000';
const SERVES = /^(npm start|npx process-facade dev)\b/;

function isRun({ language, marker }: { language: string; marker?: { name: string } | undefined }): boolean {
  return (language === 'console' && marker === undefined) || marker?.name === 'run';
}

/** Copies what git knows and what is new; the installed packages are shared. */
function copyRepository(to: string): void {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  for (const file of execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(ROOT, file), join(to, file), { force: false });
  }
  for (const modules of ['node_modules', 'tools/node_modules', 'web-client/node_modules'])
    symlinkSync(join(ROOT, modules), join(to, modules));
}

/** Returns a pattern for lines that were printed, where … stands for anything. */
function printedPattern(code: string): RegExp {
  const lines = code
    .trim()
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('…', '.*'),
    );
  return new RegExp(lines.join('\\s*\\n\\s*'));
}

describe('a reader who pastes what the page shows', () => {
  const pages = PAGES.filter((page) => !page.startsWith('examples/') && blocksOf(page).some(isRun));

  it.each(pages)('gets the shown results: %s', { timeout: 300_000 }, async (page) => {
    using folder = temporaryFolder('docs');
    copyRepository(folder.path);
    const path = `${dirname(process.execPath)}:${process.env.PATH}`;
    const env = { ...foreignEnvironment(), PATH: path, PORT: '0', NO_COLOR: '1' };
    await using terminal = openTerminal(folder.path, env);
    let address = PORT;
    const here = (text: string) => text.replaceAll(PORT, address);

    for (const block of blocksOf(page)) {
      if (block.marker?.name === 'printed') {
        expect(terminal.printed()).toMatch(printedPattern(here(block.code)));
      } else if (block.marker?.name === 'run') {
        const file = `line-${block.line}.ts`;
        writeFileSync(join(folder.path, file), here(block.code));
        await terminal.run(`node --import ${join(import.meta.dirname, 'resolve-sources.ts')} ${file}`);
      } else if (isRun(block)) {
        for (const command of commandsOf(block.code)) {
          if (!SERVES.test(command)) await terminal.run(here(command));
          else {
            await terminal.serve(command);
            const outputs = JSON.parse(readFileSync(join(folder.path, '.local/outputs.json'), 'utf8'));
            address = new URL(outputs.endpoint).host;
          }
        }
      }
    }
  });
});
