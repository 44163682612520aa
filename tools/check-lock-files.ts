/**
 * Checks that `npm ci` accepts the lock files, and that every package in them has an integrity
 * hash. `npm install` writes a lock file that `npm ci` rejects if the registry lacks an optional
 * dependency.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type LockFile = {
  packages: Record<string, { link?: boolean; inBundle?: boolean; integrity?: string; resolved?: string }>;
};

for (const folder of ['.', 'tools', 'web-client']) {
  const { status, stderr } = spawnSync('npm ci --dry-run --ignore-scripts --no-audit --no-fund', {
    cwd: folder,
    shell: true,
    encoding: 'utf8',
  });
  if (status !== 0) fail(`${folder}: npm ci rejects package-lock.json:\n${stderr.trim()}`);

  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as LockFile;
  for (const [path, { link, inBundle, integrity, resolved }] of Object.entries(packages)) {
    if (resolved?.startsWith('http')) fail(`${folder}: ${path} names a registry`);
    // A folder of this repository, or a package inside the tarball of another one.
    if (!path.includes('node_modules/') || link || inBundle) continue;
    if (!integrity) fail(`${folder}: ${path} has no integrity`);
  }
}

function fail(problem: string): void {
  console.error(problem);
  process.exitCode = 1;
}
