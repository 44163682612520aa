import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { npmInstall } from './commands.ts';

const WINDOWS = process.platform === 'win32';

/**
 * Returns the executable of a major version of Node: one that this machine has, or that of an npm
 * package. A package is installed once per machine, since each takes some 100 MB.
 */
export async function nodeOfMajor(major: number): Promise<string> {
  const executable = WINDOWS ? 'node.exe' : 'node';
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = [process.execPath, ...folders.map((folder) => join(folder, executable))].find(
    (file) => majorOf(file) === major,
  );
  if (found) return found;
  const name = `node-${WINDOWS ? 'win' : process.platform}-${process.arch}`;
  const folder = join(tmpdir(), `process-facade-node-${major}`);
  const installed = join(folder, 'node_modules', name, 'bin', executable);
  if (!existsSync(installed)) {
    mkdirSync(folder, { recursive: true });
    await npmInstall(folder, `${name}@${major}`);
  }
  return installed;
}

function majorOf(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  return Number(/^v(\d+)/.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[1]);
}
