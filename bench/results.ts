/** The table of results: printed as it grows, and written to bench/RESULTS.md in the end. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A line of the table. */
export type Row = { what: string; value: string };

/** Shows a line as soon as it is known. */
export function printRow({ what, value }: Row): void {
  console.log(`${what.padEnd(76)} ${value}`);
}

/** Writes the table with machine, date and commit. */
export function writeResults(rows: readonly Row[]): void {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changed =
    git('status', '--porcelain', '--', '.', ':!bench/RESULTS.md') === '' ? '' : ', with uncommitted changes';
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
  writeFileSync(
    join(import.meta.dirname, 'RESULTS.md'),
    `# Measured

By \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, at commit ${git('rev-parse', '--short', 'HEAD')}${changed}: ${machine}.
The local runtime is for development: its figures say nothing of AWS.

| what | value |
|---|---|
${rows.map(({ what, value }) => `| ${what} | ${value} |`).join('\n')}
`,
  );
}
