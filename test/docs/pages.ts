/**
 * The pages of the documentation and their fenced blocks. An HTML comment directly above a block
 * says more about it than its language:
 *
 * - `not run: <reason>`: its commands are only checked, not run;
 * - `run by <test file>`: another test runs it;
 * - `run`: its TypeScript is not only compiled but run, as a module, between the commands;
 * - `given: <TypeScript>`: declarations of the names that the block uses and the text introduces;
 * - `file: <path>`: the reader saves the block under this path, which the text names too;
 * - `printed`: what the commands above it print, with … for what differs.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** All pages that are written by hand for readers. */
export const PAGES = globSync(
  ['*.md', 'docs/**/*.md', 'client/*.md', 'local/*.md', 'bench/*.md', 'examples/**/*.md'],
  { cwd: ROOT, exclude: (path) => path.includes('node_modules') },
)
  .map((path) => path.replaceAll('\\', '/'))
  .sort();

/** A fenced block of a page. */
export type Block = {
  page: string;
  /** Of its first line of code, from 1. */
  line: number;
  language: string;
  /** The keyword of the comment above it, and what follows the colon. */
  marker: { name: string; value: string } | undefined;
  code: string;
};

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

const BLOCK =
  /(?:^<!--\s*(?<name>[a-z ]+?)(?: (?<test>test\/\S+)|:\s*(?<value>[\s\S]*?))?\s*-->\n)?^```(?<language>\S*)\n(?<code>[\s\S]*?)^```$/gm;

/** Returns the fenced blocks of a page in their order. */
export function blocksOf(page: string): Block[] {
  const text = readPage(page);
  return [...text.matchAll(BLOCK)].map(({ index, 0: whole, groups = {} }) => {
    const { name, test, value = test ?? '', language = '', code = '' } = groups;
    const start = index + whole.indexOf('```');
    return {
      page,
      line: text.slice(0, start).split('\n').length + 1,
      language,
      marker: name === undefined ? undefined : { name, value },
      code,
    };
  });
}

/** Returns the commands of a shell block. A backslash or an open quote continues a line. */
export function commandsOf(code: string): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of code.split('\n')) {
    open += (open && '\n') + line;
    const quotes = open.replace(/\\./g, '').replace(/"[^"]*"|'[^']*'/g, '');
    if (/["']/.test(quotes) || open.endsWith('\\')) continue;
    if (open.trim() !== '' && !open.startsWith('#')) commands.push(open);
    open = '';
  }
  return commands;
}
