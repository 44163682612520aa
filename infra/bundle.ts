/**
 * Bundles the code of all functions in one call: minified, tree-shaken ES modules for the Node.js
 * 24 runtime, with source maps.
 */
import { channel } from 'node:diagnostics_channel';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type BuildFailure, type BuildOptions, buildSync, type Metafile, transformSync } from 'esbuild';
import { DEFINITIONS_FILE, type Definition } from '../core/definitions.ts';
import { IS_REPOSITORY, packageFile } from '../core/package-root.ts';
import { READS_CHANNEL } from '../core/reads-channel.ts';
import { ownSourceMap } from './source-map.ts';
import type { StepBundling } from './step-props.ts';

/** A function's entry file or its built bundle, and the definitions that it reads. */
export type BundleEntry = ({ file: string; bundling?: StepBundling } | { built: string }) & {
  definitions?: readonly Definition[];
};

/** Bundles by name. Each is a folder in `folder`, with `index.mjs` and its source map. */
export type Bundles = { folder: string; folderOf(name: string): string; metafile: Metafile };

/** Defines `require`, which CommonJS parts of a bundle need and ES modules do not have. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles all entries into temporary folders, which are removed when the process exits. Throws
 * esbuild's error for code that does not build.
 */
export function bundle(entries: Readonly<Record<string, BundleEntry>>): Bundles {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'process-facade-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const metafile = bundleInto(folder, entries);
  return { folder, folderOf: (name) => join(folder, name), metafile };
}

/**
 * Bundles all entries, each into a folder of its name in `folder`. Stack traces name sources
 * relative to `root`.
 */
export function bundleInto(
  folder: string,
  entries: Readonly<Record<string, BundleEntry>>,
  root = process.cwd(),
): Metafile {
  const entryPoints: Record<string, string> = {};
  const metafile: Metafile = { inputs: {}, outputs: {} };
  const add = ({ inputs, outputs }: Metafile) => {
    Object.assign(metafile.inputs, inputs);
    Object.assign(metafile.outputs, outputs);
  };
  for (const [name, entry] of Object.entries(entries)) {
    if ('built' in entry) cpSync(entry.built, join(folder, name), { recursive: true });
    else if (entry.bundling) add(bundleTogether(folder, { [`${name}/index`]: entry.file }, entry.bundling));
    else entryPoints[`${name}/index`] = entry.file;
  }
  add(bundleTogether(folder, entryPoints));
  for (const [name, entry] of Object.entries(entries)) {
    if ('file' in entry) {
      const map = join(folder, name, 'index.mjs.map');
      const sourceOf = (source: string) => resolve(dirname(map), source);
      writeFileSync(map, ownSourceMap(readFileSync(map, 'utf8'), root, sourceOf));
    }
    if (entry.definitions) {
      writeFileSync(join(folder, name, DEFINITIONS_FILE), JSON.stringify(entry.definitions));
    }
  }
  return metafile;
}

function bundleTogether(
  folder: string,
  entryPoints: Record<string, string>,
  { externalModules = [], ...options }: StepBundling = {},
): Metafile {
  return build({
    entryPoints,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    external: [...externalModules],
    ...options,
    logLevel: 'silent',
    metafile: true,
  }).metafile;
}

function build(options: BuildOptions & { entryPoints: Record<string, string>; metafile: true }): {
  metafile: Metafile;
} {
  const reads = channel(READS_CHANNEL);
  try {
    const result = buildSync(options);
    reads.publish(Object.keys(result.metafile.inputs).map((file) => resolve(file)));
    return result;
  } catch (error) {
    const { errors = [] } = error as Partial<BuildFailure>;
    const places = errors.flatMap(({ location }) => location?.file ?? []);
    reads.publish([...Object.values<string>(options.entryPoints), ...places].map((file) => resolve(file)));
    throw error;
  }
}

/**
 * Returns the code of a resolver of api/ (`api/<name>.resolver.ts`): compiled from its source in
 * the repository, as built in the installed package.
 */
export function ownResolver(name: string): string {
  return IS_REPOSITORY
    ? resolverCode(packageFile('api', `${name}.resolver.ts`))
    : readFileSync(packageFile('dist/resolvers', `${name}.js`), 'utf8');
}

/**
 * Returns the code of an AppSync resolver (APPSYNC_JS) without its types. AppSync provides
 * `@aws-appsync/utils` itself.
 */
export function resolverCode(file: string): string {
  return transformSync(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm', target: 'es2022' }).code;
}
