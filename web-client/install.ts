/**
 * Installs what the pages of the web client are built from. It takes 200 MB and only a build needs
 * it, so `npm ci` in the repository leaves it out.
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock } from '../local/common/file-lock.ts';
import { makePrivateFolder } from '../local/common/private-files.ts';

const FOLDER = import.meta.dirname;
const LOCK = join(FOLDER, '../.local/web-client.lock');
/** npm writes it last. */
const INSTALLED = join(FOLDER, 'node_modules/.package-lock.json');

/**
 * Runs `npm ci` in web-client/ unless the packages of its lock file are installed. Rejects with
 * npm's message, for example where the registry cannot be reached.
 */
export async function installWebClient(): Promise<void> {
  if (isInstalled()) return;
  makePrivateFolder(dirname(LOCK));
  for (;;) {
    // Two installations at once would remove each other's files.
    const lock = tryLock(LOCK, 'exclusive');
    if (!lock) {
      await delay(200);
      continue;
    }
    try {
      if (!isInstalled()) await runNpm();
      return;
    } finally {
      lock.release();
    }
  }
}

function isInstalled(): boolean {
  return (
    existsSync(INSTALLED) &&
    statSync(INSTALLED).mtimeMs >= statSync(join(FOLDER, 'package-lock.json')).mtimeMs
  );
}

function runNpm(): Promise<void> {
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts'];
  // npm passes its own path to the scripts that it runs; elsewhere the shell finds npm.
  const npm = process.env.npm_execpath;
  const child = npm
    ? spawn(process.execPath, [npm, ...args], { cwd: FOLDER, stdio: ['ignore', 'ignore', 'pipe'] })
    : spawn(`npm ${args.join(' ')}`, { cwd: FOLDER, shell: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let message = '';
  child.stderr.on('data', (text: Buffer) => {
    message += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Could not install the packages of the web client:\n${message.trim()}`));
    });
  });
}
