import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, glob, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { IS_REPOSITORY, packageFile } from '../../core/package-root.ts';
import { installPackages } from '../../local/common/install-packages.ts';
import { makePrivateFolder } from '../../local/common/private-files.ts';

const projectDir = packageFile();

/** The explorer's own source: a page, its script and its style. */
export const explorerDir = join(projectDir, 'web-client', 'explorer');

/** The page; `BUNDLE` in it stands for the name of the bundle's folder. */
export const PAGE = 'explorer.html';

/** The name of a bundle's folder: a hash of its sources. */
const BUNDLE_NAME = /^[0-9a-f]{16}$/;

/** Returns the built explorer of the package; undefined in the repository, which builds it. */
export function builtExplorer(): { folder: string; name: string } | undefined {
  if (IS_REPOSITORY) return undefined;
  const folder = join(projectDir, 'dist/explorer');
  const name = readdirSync(folder).find((each) => BUNDLE_NAME.test(each));
  if (name === undefined) throw new Error(`Expected the built explorer in ${folder}`);
  return { folder, name };
}

/**
 * What the bundle is made of, besides the options in this file; the lock file stands for the
 * packages.
 */
const inputs = ['web-client/explorer/*.{ts,tsx,css}', 'client/**/*.ts', 'web-client/package-lock.json'];

/** Read when it is loaded: edited later, the file is not what this process builds with. */
const ownSource = readFileSync(import.meta.filename);

/**
 * Bundles `explorer.tsx`, `explorer.css` and Monaco's workers of `sourceDir` into the directory
 * `outDir`, all side by side.
 *
 * Rejects with esbuild's message, which names file and line, when a source does not compile.
 */
export async function bundleExplorer(sourceDir: string, outDir: string): Promise<void> {
  const common = {
    absWorkingDir: join(projectDir, 'web-client'),
    bundle: true,
    minify: true,
    outdir: outDir,
    target: 'es2024',
    logLevel: 'silent',
  } satisfies esbuild.BuildOptions;
  try {
    await Promise.all([
      esbuild.build({
        ...common,
        entryPoints: { explorer: join(sourceDir, 'explorer.tsx') },
        format: 'esm',
        splitting: true,
        jsx: 'automatic',
        define: { 'process.env.NODE_ENV': '"production"' },
        // GraphiQL's style sheet contains Monaco's.
        loader: { '.css': 'empty' },
        plugins: [prettierParsersAsModules],
      }),
      esbuild.build({
        ...common,
        entryPoints: {
          explorer: join(sourceDir, 'explorer.css'),
          'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
          'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
          'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
        },
        format: 'iife',
      }),
    ]);
  } finally {
    // esbuild's own process would keep some 300 MB until this one ends.
    await esbuild.stop();
  }
}

/**
 * Makes sure that `cacheDir` holds the bundle of the sources as they are now, and returns the name
 * of its directory there.
 *
 * The name is a hash of the sources, so an edited source makes another bundle, and the one before
 * is removed. A bundle appears whole or not at all: a build that fails leaves nothing, and the next
 * call builds again.
 */
export async function cachedExplorerBundle(cacheDir: string): Promise<string> {
  const name = await hashOfInputs();
  const dir = join(cacheDir, name);
  if (existsSync(dir)) return name;

  makePrivateFolder(cacheDir);
  const unfinished = await mkdtemp(join(cacheDir, 'unfinished-'));
  try {
    await installPackages(join(projectDir, 'web-client'));
    await bundleExplorer(explorerDir, unfinished);
    await rename(unfinished, dir);
  } catch (error) {
    await rm(unfinished, { recursive: true });
    // Another process can have built the same bundle meanwhile.
    if (!existsSync(dir)) throw error;
  }
  for (const other of await readdir(cacheDir)) {
    if (BUNDLE_NAME.test(other) && other !== name) await rm(join(cacheDir, other), { recursive: true });
  }
  return name;
}

/** Builds the explorer for the package: the page in `outDir`, and its bundle in a folder below. */
export async function buildExplorer(outDir: string): Promise<void> {
  await cachedExplorerBundle(outDir);
  await copyFile(join(explorerDir, PAGE), join(outDir, PAGE));
}

/**
 * GraphiQL names Prettier's parsers by an address that gives CommonJS, of which `import()` gets
 * nothing but a default.
 */
const prettierParsersAsModules: esbuild.Plugin = {
  name: 'prettier-parsers-as-modules',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^prettier\/parser-/ }, ({ path, ...from }) =>
      resolve(path.replace('parser-', 'plugins/'), from),
    );
  },
};

async function hashOfInputs(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(inputs, { cwd: projectDir })) if (!file.includes('.test.')) files.push(file);
  const hash = createHash('sha256').update(ownSource);
  for (const file of files.sort()) {
    hash
      .update(`${file}\0`)
      .update(await readFile(join(projectDir, file)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
