/**
 * Folders with a package.json and a lock file of their own. What only a part of the work needs is
 * not in the repository's own lock file: `npm ci` there would take twice the space.
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock } from './file-lock.ts';
import { makePrivateFolder } from './private-files.ts';

/**
 * Runs `npm ci` in the folder unless the packages of its lock file are installed. Rejects with
 * npm's message, for example where the registry cannot be reached.
 */
export async function installPackages(folder: string): Promise<void> {
  if (isInstalled(folder)) return;
  const locks = join(folder, '../.local');
  makePrivateFolder(locks);
  for (;;) {
    // Two installations at once would remove each other's files.
    const lock = tryLock(join(locks, `install-${basename(folder)}.lock`), 'exclusive');
    if (!lock) {
      await delay(200);
      continue;
    }
    try {
      if (!isInstalled(folder)) await runNpm(folder);
      return;
    } finally {
      lock.release();
    }
  }
}

function isInstalled(folder: string): boolean {
  // npm writes this file last.
  const installed = statSync(join(folder, 'node_modules/.package-lock.json'), { throwIfNoEntry: false });
  const locked = join(folder, 'package-lock.json');
  if (!existsSync(locked)) throw new Error(`Expected a lock file in ${folder}`);
  return installed !== undefined && installed.mtimeMs >= statSync(locked).mtimeMs;
}

function runNpm(folder: string): Promise<void> {
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts'];
  // npm passes its own path to the scripts that it runs; elsewhere the shell finds npm.
  const npm = process.env.npm_execpath;
  const child = npm
    ? spawn(process.execPath, [npm, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    : spawn(`npm ${args.join(' ')}`, { cwd: folder, shell: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let message = '';
  child.stderr.on('data', (text: Buffer) => {
    message += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Could not install the packages of ${basename(folder)}/:\n${message.trim()}`));
    });
  });
}
