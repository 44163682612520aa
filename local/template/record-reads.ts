/**
 * Records what the synthesis of an app reads, so that the local runtime can tell whether to
 * synthesize it again. Only the program that runs an app for the local runtime loads this module.
 */
import childProcess from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { READS_CHANNEL } from '../../core/reads-channel.ts';

/** What a synthesis has read, as absolute paths. */
export type Reads = {
  /** When it began. */
  startedMs: number;
  /** Files that were read or looked for. */
  files: string[];
  /** Folders that were listed. */
  folders: string[];
  /** Folders of modules: a new file in one may change what an import finds. */
  moduleFolders: string[];
  /** Whether it ran other programs. What they read is unknown. */
  ranPrograms: boolean;
  /** The modules of packages that its own modules import, by URL. */
  packages: { url: string; isRequired: boolean }[];
};

/** Parts of paths of what changes with each synthesis, or only with the lock file. */
const IGNORED = /[\\/](node_modules|\.local|\.git|cdk\.out|\.cdk)([\\/]|$)/;
const FILE_CALLS = [
  ...['readFileSync', 'openSync', 'existsSync', 'statSync', 'lstatSync', 'accessSync'],
  ...['readFile', 'open', 'exists', 'stat', 'lstat', 'access'],
];
const WRITE_CALLS = ['writeFileSync', 'writeFile'];
const FOLDER_CALLS = ['readdirSync', 'opendirSync', 'readdir', 'opendir'];
const PROGRAM_CALLS = ['spawnSync', 'execFileSync', 'execSync', 'spawn', 'execFile', 'exec', 'fork'];
const ALLOW_READ = '--allow-fs-read=';

type Callables = Record<string, (...args: unknown[]) => unknown>;

/** Starts to record, and returns a function that returns what was read so far. */
export function recordReads(outputFolder: string): () => Reads {
  const startedMs = Date.now();
  const files = new Set<string>();
  /** Files that the app itself writes, which it may read too. */
  const written = new Set<string>();
  const folders = new Set<string>();
  const moduleFolders = new Set<string>();
  const ownFolders = [resolve(outputFolder) + sep];
  const packages = new Map<string, boolean>();
  let ranPrograms = false;

  function isOwn(file: string): boolean {
    return ownFolders.some((own) => `${file}${sep}`.startsWith(own));
  }
  function record(into: Set<string>, path: unknown): void {
    const file = pathOf(path);
    if (file === undefined || IGNORED.test(file)) return;
    if (!isOwn(file)) into.add(file);
  }
  function recordModule(file: string): void {
    record(files, file);
    record(moduleFolders, dirname(file));
  }

  for (const calls of [fs, fs.promises] as unknown as Callables[]) {
    wrap(calls, FILE_CALLS, ([path, flags]) => record(isReading(flags) ? files : written, path));
    wrap(calls, WRITE_CALLS, ([path]) => record(written, path));
    wrap(calls, FOLDER_CALLS, ([path]) => record(folders, path));
  }
  wrap(fs as unknown as Callables, ['mkdtempSync'], (_, folder) => ownFolders.push(String(folder) + sep));
  wrap(childProcess as unknown as Callables, PROGRAM_CALLS, (args) => {
    // The JavaScript API of esbuild. The bundles of the construct tell what they contain.
    const isEsbuild = Array.isArray(args[1]) && args[1].some((arg) => String(arg).startsWith('--service='));
    if (!isEsbuild && !readsOnly(args[1], isOwn)) ranPrograms = true;
  });
  syncBuiltinESMExports();
  registerHooks({
    resolve(specifier, context, next) {
      try {
        const resolved = next(specifier, context);
        if (resolved.url.startsWith('file:')) recordModule(fileURLToPath(resolved.url));
        const { parentURL = '', conditions } = context;
        if (isInPackage(resolved.url) && parentURL !== '' && !isInPackage(parentURL))
          packages.set(resolved.url, conditions.includes('require'));
        return resolved;
      } catch (error) {
        if (/^\.{0,2}\//.test(specifier) && context.parentURL?.startsWith('file:'))
          recordModule(fileURLToPath(new URL(specifier, context.parentURL)));
        throw error;
      }
    },
  });
  subscribe(READS_CHANNEL, (bundled) => (bundled as string[]).forEach(recordModule));
  return () => ({
    startedMs,
    files: [...files].filter((file) => !written.has(file)),
    folders: [...folders],
    moduleFolders: [...moduleFolders],
    ranPrograms,
    packages: [...packages].map(([url, isRequired]) => ({ url, isRequired })),
  });
}

/** Whether Node's permissions let a program read only files that need no record. */
function readsOnly(args: unknown, isUnrecorded: (file: string) => boolean): boolean {
  if (!Array.isArray(args) || args[0] !== '--permission' || args.includes('--allow-child-process'))
    return false;
  const allowed = args.filter((arg) => String(arg).startsWith(ALLOW_READ));
  return allowed.every((arg) => isUnrecorded(String(arg).slice(ALLOW_READ.length)));
}

function isInPackage(url: string): boolean {
  return url.startsWith('file:') && url.includes('/node_modules/');
}

function pathOf(path: unknown): string | undefined {
  if (typeof path === 'string') return resolve(path);
  if (path instanceof URL && path.protocol === 'file:') return fileURLToPath(path);
  return Buffer.isBuffer(path) ? resolve(path.toString()) : undefined;
}

/** Only `open` has flags; its other arguments here are objects, encodings and callbacks. */
function isReading(flags: unknown): boolean {
  return typeof flags === 'number' ? (flags & 3) === 0 : !/^[wa]/.test(String(flags));
}

/** Replaces functions by ones that also call back, with their arguments and their result. */
function wrap(
  calls: Callables,
  names: readonly string[],
  onCall: (args: unknown[], result: unknown) => void,
): void {
  for (const name of names) {
    const original = calls[name];
    if (!original) continue;
    const wrapped = function (this: unknown, ...args: unknown[]): unknown {
      let result: unknown;
      try {
        result = original.apply(this, args);
        return result;
      } finally {
        onCall(args, result);
      }
    };
    // Some have properties: promisified forms, `native`.
    Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
    calls[name] = wrapped;
  }
}
