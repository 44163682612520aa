/**
 * The cloud assembly of a CDK app, synthesized in a separate process (the CDK takes some 150 MB),
 * and cached until its sources change.
 */
import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { IS_REPOSITORY, nearestPackage, packageFile } from '../../core/package-root.ts';
import { SynthesisFailed } from '../common/errors.ts';
import { tryLock } from '../common/file-lock.ts';
import { makePrivateFolder } from '../common/private-files.ts';

/** An assembly in use. It is not removed until it is released. */
export type Assembly = { folder: string; release(): void };

const SOURCES = '**/*.{ts,mts,cts,js,mjs,cjs,json,graphql}';
const NOT_SOURCES = ['node_modules', '.local', 'cdk.out', '.git'];
/** Folders of the repository that no app reads. `dist` of another project may be its app. */
const NOT_SOURCES_HERE = [...NOT_SOURCES, 'dist', 'web-client', 'docs', 'bench'];
/** The number of most recently used assemblies that stay cached, besides those in use. */
const MAX_CACHED = 3;
/** Leftovers of an interrupted synthesis are removed after a day. */
const UNFINISHED_MS = 86_400_000;
/** A file in each assembly, locked by the runtimes that serve it. */
const LOCK = '.in-use.lock';
const MANIFEST = 'manifest.json';

/**
 * The app's assembly, in a folder under `cacheDir`. It is synthesized again when a source file of
 * the project has changed, or the month: the API key's expiry follows it. Throws
 * {@link SynthesisFailed}.
 */
export async function synthesize(app: string, cacheDir: string): Promise<Assembly> {
  if (!statSync(app, { throwIfNoEntry: false })?.isFile()) throw new SynthesisFailed(app, 'no such file');
  const folder = join(cacheDir, hashOfSources(app));
  const cached = use(folder);
  if (cached) return cached;
  const unfinished = `${folder}.${process.pid}`;
  makePrivateFolder(cacheDir);
  try {
    await runApp(app, unfinished);
    putInPlace(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const created = use(folder);
  if (!created)
    throw new SynthesisFailed(app, `its assembly in ${folder} was removed immediately. Try again`);
  removeUnused(cacheDir);
  return created;
}

/**
 * Another runtime may have created the same assembly meanwhile, and serve it. Then that one stays.
 */
function putInPlace(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    if (existsSync(join(folder, MANIFEST))) return;
    rmSync(folder, { recursive: true });
    renameSync(unfinished, folder);
  }
}

/** Locks an assembly for use; returns undefined if it is missing or being removed. */
function use(folder: string): Assembly | undefined {
  const isThere = () => existsSync(join(folder, MANIFEST));
  if (!isThere()) return undefined;
  const lock = tryLock(join(folder, LOCK), 'shared');
  if (!lock) return undefined;
  if (!isThere()) {
    lock.release();
    return undefined;
  }
  const now = new Date();
  utimesSync(folder, now, now);
  return { folder, release: lock.release };
}

/**
 * The hash covers the project of the app, which is the folder with its package.json, and the facade
 * itself: its sources in the repository, its version in the installed package.
 */
function hashOfSources(app: string): string {
  const file = resolve(app);
  const hash = createHash('sha256').update(`${file}\n${new Date().toISOString().slice(0, 7)}\n`);
  const project = nearestPackage(dirname(file));
  const facade = IS_REPOSITORY ? packageFile() : packageFile('package.json');
  for (const root of new Set([project, facade])) hashFiles(root, hash);
  return hash.digest('hex').slice(0, 32);
}

function hashFiles(root: string, hash: Hash): void {
  if (statSync(root).isFile()) return void hash.update(readFileSync(root));
  const excluded = root === packageFile() ? NOT_SOURCES_HERE : NOT_SOURCES;
  const files = globSync(SOURCES, { cwd: root, exclude: (name) => excluded.includes(name) });
  for (const file of files.sort()) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
}

/**
 * Returns the flags with which Node loads the app: those of tsx or ts-node if the project has them,
 * as an app made by `cdk init` does. Without either, Node strips the types itself.
 */
function loaderFlags(app: string): string[] {
  if (!/\.[mc]?tsx?$/.test(app)) return [];
  const { resolve: find } = createRequire(resolve(app));
  for (const [name, flag] of [
    ['tsx', '--import'],
    ['ts-node/register', '--require'],
  ] as const) {
    try {
      const loader = find(name);
      return [flag, flag === '--import' ? pathToFileURL(loader).href : loader];
    } catch {
      // The project does not have it.
    }
  }
  return [];
}

function runApp(app: string, outputFolder: string): Promise<void> {
  return new Promise((done, fail) => {
    const runner = packageFile(IS_REPOSITORY ? 'infra/run-app.ts' : 'dist/run-app.js');
    const child = spawn(process.execPath, [...loaderFlags(app), runner, app], {
      env: { ...process.env, CDK_OUTDIR: outputFolder, CDK_VALIDATION: 'false' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.once('error', fail);
    child.once('close', (code) => {
      if (code === 0 && existsSync(join(outputFolder, MANIFEST))) done();
      else
        fail(
          new SynthesisFailed(
            relative(process.cwd(), resolve(app)),
            errors.trim() || 'it produced no cloud assembly',
          ),
        );
    });
  });
}

function removeUnused(cacheDir: string): void {
  const byLastUse = readdirSync(cacheDir)
    .map((name) => ({
      folder: join(cacheDir, name),
      isWhole: /^[0-9a-f]{32}$/.test(name),
      timeMs: statSync(join(cacheDir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => b.timeMs - a.timeMs);
  for (const { folder, isWhole, timeMs } of byLastUse.slice(MAX_CACHED)) {
    if (isWhole) removeUnlessUsed(folder);
    else if (Date.now() - timeMs > UNFINISHED_MS) rmSync(folder, { recursive: true, force: true });
  }
}

function removeUnlessUsed(folder: string): void {
  if (!existsSync(folder)) return;
  const lock = tryLock(join(folder, LOCK), 'exclusive');
  if (!lock) return;
  // Renamed first, because a removal takes time, in which another runtime could use the folder.
  const removed = `${folder}.${process.pid}`;
  renameSync(folder, removed);
  lock.release();
  rmSync(removed, { recursive: true, force: true });
}
