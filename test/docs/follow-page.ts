import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { foreignEnvironment } from '../packages/commands.ts';
import { type Block, blocksOf, commandsOf } from './pages.ts';
import { openTerminal } from './shell.ts';

/** The port that the pages show, which may be in use on this machine. */
const ADDRESS = '127.0.0.1:4000';
const SERVES = /^(npm start|npx process-facade dev)\b/;

/** Whether a block has something to run. */
export function isRun({ language, marker }: Pick<Block, 'language' | 'marker'>): boolean {
  return (language === 'console' && marker === undefined) || marker?.name === 'run';
}

/**
 * Does in a folder what a page shows, in its order: saves its files, runs its commands and modules,
 * and compares what they print. `adapt` changes a command that cannot run here as it is.
 */
export async function followPage(
  page: string,
  folder: string,
  adapt = (command: string) => command,
): Promise<void> {
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const env = { ...foreignEnvironment(), PATH: path, PORT: '0', NO_COLOR: '1' };
  await using terminal = openTerminal(folder, env);
  let address = ADDRESS;
  const here = (text: string) => text.replaceAll(ADDRESS, address);
  const save = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };

  for (const block of blocksOf(page)) {
    const { name, value = '' } = block.marker ?? {};
    if (name === 'file') save(value, block.code);
    else if (name === 'printed') expect(terminal.printed()).toMatch(printedPattern(here(block.code)));
    else if (name === 'run') {
      save(`line-${block.line}.ts`, here(block.code));
      const sources = join(import.meta.dirname, 'resolve-sources.ts');
      await terminal.run(`node --import ${sources} line-${block.line}.ts`);
    } else if (isRun(block)) {
      for (const command of commandsOf(block.code)) {
        if (!SERVES.test(command)) await terminal.run(adapt(here(command)));
        else {
          await terminal.serve(command);
          const outputs = JSON.parse(readFileSync(join(folder, '.local/outputs.json'), 'utf8'));
          address = new URL(outputs.endpoint).host;
        }
      }
    }
  }
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
