/**
 * `npm run prose`: checks the house style of CONTRIBUTING.md in all tracked sources and
 * documentation, or only below the given paths. Exits with 1
 * if something breaks it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { proseProblems } from './prose.ts';

/** The check itself quotes what it rejects. */
const QUOTES = /^tools\/prose/;

const paths = process.argv.slice(2);
const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.md', '*.graphql'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file) && !QUOTES.test(file))
  .filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)));

let count = 0;
for (const file of files) {
  for (const { line, problem } of proseProblems(file, readFileSync(file, 'utf8'))) {
    console.error(`${file}:${line}: ${problem}`);
    count += 1;
  }
}
if (count > 0) process.exitCode = 1;
