import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Settings that npm passes on to its scripts and that belong to this repository alone. */
const OF_THIS_REPOSITORY =
  /^(npm_(lifecycle|package|command|execpath|node|config_(local_prefix|prefix|workspace))|INIT_CWD)/i;

/** The environment of a shell in which nothing of this repository is set. */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_THIS_REPOSITORY.test(name)));
}

/** Runs a command in a folder and returns its stdout. Throws with what it printed. */
export async function runIn(
  cwd: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  try {
    const { stdout } = await run(command, [...args], {
      cwd,
      env: { ...foreignEnvironment(), ...env },
      maxBuffer: 64_000_000,
      // npm is a script with another name there.
      shell: /^np[mx]$/.test(command) && process.platform === 'win32',
    });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`Could not run [${command} ${args.join(' ')}]:\n${stdout}${stderr}`, { cause });
  }
}

/** Installs packages and tarballs in a folder, from npm's cache where it has them. */
export async function npmInstall(cwd: string, ...packages: string[]): Promise<void> {
  await runIn(cwd, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages]);
}

/** A package in the version that the repository has: npm has it in its cache. */
export function sameAsHere(name: string): string {
  const folders = ['node_modules', 'tools/node_modules'].map((modules) =>
    join(import.meta.dirname, '../..', modules, name, 'package.json'),
  );
  const file = folders.find((each) => existsSync(each));
  if (file === undefined) throw new Error(`The repository does not have [${name}]`);
  return `${name}@${JSON.parse(readFileSync(file, 'utf8')).version}`;
}
