/**
 * What the result of a synthesis depends on, and whether it has changed since.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { nearestPackage } from '../../core/package-root.ts';
import type { Reads } from './record-reads.ts';

/** The state of everything that a synthesis has read, by absolute path. */
export type Inputs = {
  /** Hashes of files; null for one that was looked for and is missing. */
  files: Record<string, string | null>;
  /** The names in folders that were listed. */
  folders: Record<string, string[]>;
  /** The names of modules in folders of modules. */
  moduleFolders: Record<string, string[]>;
  /** The files that changed after the synthesis began: it may have read an earlier state. */
  changing: string[];
  /** Everything else: the month, which the expiry of the API key follows, Node, and variables. */
  environment: string;
};

const IS_MODULE = /\.[cm]?[jt]sx?$|^(package|tsconfig)\.json$/;
const SOURCES = '**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx,json,graphql,yaml,yml,py}';
const NOT_SOURCES = ['node_modules', '.local', 'cdk.out', '.git', 'dist'];
/** The CDK and usual apps read these. */
const IS_READ_VARIABLE = /^(CDK_.*|AWS_PROFILE|AWS_(DEFAULT_)?REGION|NODE_ENV|NODE_OPTIONS)$/;
/** The resolution of the times of files. */
const TIME_RESOLUTION_MS = 20;

/** Returns the inputs of a synthesis of the app. */
export function inputsOf(app: string, reads: Reads): Inputs {
  const project = nearestPackage(dirname(resolve(app)));
  const files = new Set([...reads.files, ...usualFiles(project)]);
  if (reads.ranPrograms) for (const file of sourcesIn(project)) files.add(file);
  const inputs: Inputs = {
    files: {},
    folders: {},
    moduleFolders: {},
    changing: [],
    environment: environment(),
  };
  for (const file of files) {
    const hash = hashOf(file);
    // Programs look for many files above and beside the project.
    if (hash === undefined || (hash === null && !file.startsWith(project))) continue;
    inputs.files[file] = hash;
    if (changedSince(file, reads.startedMs)) inputs.changing.push(file);
  }
  for (const folder of reads.folders) inputs.folders[folder] = namesIn(folder);
  for (const folder of reads.moduleFolders) inputs.moduleFolders[folder] = modulesIn(folder);
  return inputs;
}

/**
 * Returns the path of an input that has changed since the synthesis; undefined if none has.
 *
 * A file that changed while the synthesis ran counts too, unless it already was the same before:
 * `start` is the state of inputs at its beginning. Apps may write files that they read.
 */
export function changedInput(inputs: Inputs, start?: Inputs): string | undefined {
  const changing = inputs.changing.find((file) => inputs.files[file] !== start?.files[file]);
  if (changing !== undefined) return changing;
  const now = refreshed(inputs);
  const file = Object.keys(now.files).find((each) => now.files[each] !== inputs.files[each]);
  if (file !== undefined) return file;
  for (const kind of ['folders', 'moduleFolders'] as const) {
    for (const [folder, names] of Object.entries(now[kind])) {
      const before = inputs[kind][folder] ?? [];
      const name =
        names.find((each) => !before.includes(each)) ?? before.find((each) => !names.includes(each));
      if (name !== undefined) return join(folder, name);
    }
  }
  return inputs.environment === now.environment ? undefined : 'the environment';
}

/** Returns the same inputs in their present state. */
export function refreshed({ files, folders, moduleFolders }: Inputs): Inputs {
  return {
    files: mapKeys(files, (file) => hashOf(file) ?? null),
    folders: mapKeys(folders, namesIn),
    moduleFolders: mapKeys(moduleFolders, modulesIn),
    changing: [],
    environment: environment(),
  };
}

/**
 * Returns the inputs of a synthesis that failed, and those of the one before: it may have read less
 * than it will when it is repaired.
 */
export function withEarlier(failed: Inputs, earlier: Inputs): Inputs {
  return {
    ...failed,
    files: { ...earlier.files, ...failed.files },
    folders: { ...earlier.folders, ...failed.folders },
    moduleFolders: { ...earlier.moduleFolders, ...failed.moduleFolders },
  };
}

function mapKeys<Value>(
  record: Record<string, unknown>,
  stateOf: (key: string) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.keys(record).map((key) => [key, stateOf(key)]));
}

/** Returns the existing folders in which a change of an input shows. */
export function foldersOf({ files, folders, moduleFolders }: Inputs): string[] {
  const all = [...Object.keys(files).map(dirname), ...Object.keys(folders), ...Object.keys(moduleFolders)];
  return [...new Set(all.map(nearestFolder))];
}

function usualFiles(project: string): string[] {
  const names = ['package.json', 'tsconfig.json', 'package-lock.json', 'pnpm-lock.yaml', 'yarn.lock'];
  return [
    ...names.map((name) => join(project, name)),
    ...['cdk.json', 'cdk.context.json'].map((name) => resolve(name)),
  ];
}

function sourcesIn(project: string): string[] {
  const exclude = (name: string) => NOT_SOURCES.includes(name);
  return globSync(SOURCES, { cwd: project, exclude }).map((file) => join(project, file));
}

/** Returns null for a missing file, and undefined for a folder. */
function hashOf(file: string): string | null | undefined {
  try {
    if (!statSync(file).isFile()) return undefined;
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return null;
  }
}

function changedSince(file: string, timeMs: number): boolean {
  const times = statSync(file, { throwIfNoEntry: false });
  return times !== undefined && times.ctimeMs > timeMs - TIME_RESOLUTION_MS;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !NOT_SOURCES.includes(name))
      .sort();
  } catch {
    return [];
  }
}

function modulesIn(folder: string): string[] {
  return namesIn(folder).filter((name) => IS_MODULE.test(name));
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : nearestFolder(dirname(folder));
}

function environment(): string {
  const variables = Object.entries(process.env).filter(([name]) => IS_READ_VARIABLE.test(name));
  return JSON.stringify([new Date().toISOString().slice(0, 7), process.version, variables.sort()]);
}
