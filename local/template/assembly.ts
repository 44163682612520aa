/**
 * The cloud assembly of a CDK app, cached until something that its synthesis has read changes.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { IS_REPOSITORY, packageFile } from '../../core/package-root.ts';
import { StartError } from '../common/errors.ts';
import { tryLock } from '../common/file-lock.ts';
import { makePrivateFolder } from '../common/private-files.ts';
import { changedInput, type Inputs } from './inputs.ts';
import { runApp } from './synthesis.ts';

/** Thrown when the app cannot be synthesized. */
export class SynthesisFailed extends StartError {
  override readonly name = 'SynthesisFailed';
  /** What it has read, if it began. */
  readonly inputs: Inputs | undefined;

  constructor(app: string, reason: string, inputs?: Inputs) {
    super(`Could not synthesize ${app}: ${reason}`);
    this.inputs = inputs;
  }
}

/** An assembly in use. It is not removed until it is released. */
export type Assembly = { folder: string; inputs: Inputs; release(): void };

/** The number of most recently used assemblies that stay cached, besides those in use. */
const MAX_CACHED = 3;
/** Leftovers of an interrupted synthesis are removed after a day. */
const UNFINISHED_MS = 86_400_000;
/** A file in each assembly, locked by the runtimes that serve it. */
const LOCK = '.in-use.lock';
/** A file in each assembly with its {@link Origin}. */
const ORIGIN = '.origin.json';
const MANIFEST = 'manifest.json';

/** What an assembly was made from. */
type Origin = { app: string; facade: string; inputs: Inputs };

/**
 * The app's assembly, in a folder under `cacheDir`. A cached one is used if it was made from the
 * same inputs. Throws {@link SynthesisFailed}.
 */
export async function synthesize(app: string, cacheDir: string): Promise<Assembly> {
  if (!statSync(app, { throwIfNoEntry: false })?.isFile()) throw new SynthesisFailed(app, 'no such file');
  makePrivateFolder(cacheDir);
  const facade = facadeVersion();
  const cached = findCached(resolve(app), facade, cacheDir);
  if (cached) return cached;
  const unfinished = join(cacheDir, `unfinished.${process.pid}.${Date.now()}`);
  try {
    const { inputs, failure } = await runApp(app, unfinished);
    if (failure !== undefined || !existsSync(join(unfinished, MANIFEST))) {
      const reason = failure || 'it produced no cloud assembly';
      throw new SynthesisFailed(relative(process.cwd(), resolve(app)), reason, inputs);
    }
    const origin: Origin = { app: resolve(app), facade, inputs };
    const text = JSON.stringify(origin);
    writeFileSync(join(unfinished, ORIGIN), text);
    const folder = join(cacheDir, createHash('sha256').update(text).digest('hex').slice(0, 32));
    putInPlace(unfinished, folder);
    const created = use(folder, inputs);
    if (!created)
      throw new SynthesisFailed(app, `its assembly in ${folder} was removed immediately. Try again`);
    removeUnused(cacheDir);
    return created;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * The version of the installed package. In the repository the sources of the facade are inputs as
 * all others.
 */
function facadeVersion(): string {
  return IS_REPOSITORY ? '' : readFileSync(packageFile('package.json'), 'utf8');
}

function findCached(app: string, facade: string, cacheDir: string): Assembly | undefined {
  for (const name of readdirSync(cacheDir).filter(isWhole)) {
    const origin = readOrigin(join(cacheDir, name));
    if (!origin || origin.app !== app || origin.facade !== facade || changedInput(origin.inputs)) continue;
    const cached = use(join(cacheDir, name), origin.inputs);
    if (cached) return cached;
  }
  return undefined;
}

function readOrigin(folder: string): Origin | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, ORIGIN), 'utf8'));
  } catch {
    // Of an earlier version, or being removed.
    return undefined;
  }
}

function isWhole(name: string): boolean {
  return /^[0-9a-f]{32}$/.test(name);
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
function use(folder: string, inputs: Inputs): Assembly | undefined {
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
  return { folder, inputs, release: lock.release };
}

function removeUnused(cacheDir: string): void {
  const byLastUse = readdirSync(cacheDir)
    .map((name) => ({
      folder: join(cacheDir, name),
      isWhole: isWhole(name),
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
