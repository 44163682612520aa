/**
 * Bundles the code of all functions in one call: minified, tree-shaken ES modules for the Node.js
 * 24 runtime, with source maps.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildSync, type Metafile, transformSync } from 'esbuild';
import { DEFINITIONS_FILE, type Definition } from '../core/definitions.ts';
import { ownSourceMap } from './source-map.ts';

/** A function's entry file, and the definitions that it reads. */
export type BundleEntry = { file: string; definitions?: readonly Definition[] };

/** Bundles by name. Each is a folder with `index.mjs` and its source map. */
export type Bundles = { folderOf(name: string): string; metafile: Metafile };

/** Defines `require`, which CommonJS parts of a bundle need and ES modules do not have. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles all entries into temporary folders, which are removed when the process exits. Throws
 * esbuild's error for code that does not build.
 */
export function bundle(entries: Readonly<Record<string, BundleEntry>>): Bundles {
  const folder = mkdtempSync(join(tmpdir(), 'process-facade-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { metafile } = buildSync({
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([name, { file }]) => [`${name}/index`, file]),
    ),
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
    logLevel: 'silent',
    metafile: true,
  });
  for (const [name, { definitions }] of Object.entries(entries)) {
    const map = join(folder, name, 'index.mjs.map');
    const sourceOf = (source: string) => resolve(dirname(map), source);
    writeFileSync(map, ownSourceMap(readFileSync(map, 'utf8'), process.cwd(), sourceOf));
    if (definitions) writeFileSync(join(folder, name, DEFINITIONS_FILE), JSON.stringify(definitions));
  }
  return { folderOf: (name) => join(folder, name), metafile };
}

/**
 * Returns the code of an AppSync resolver (APPSYNC_JS) without its types. AppSync provides
 * `@aws-appsync/utils` itself.
 */
export function resolverCode(file: string): string {
  return transformSync(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm', target: 'es2022' }).code;
}
