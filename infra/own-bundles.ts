/**
 * The built bundles of the facade's own functions. The installed package has them; the repository
 * builds them once for each state of their sources, so that a synthesis bundles only steps.
 */
import { createHash } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { IS_REPOSITORY, packageFile } from '../core/package-root.ts';
import { READS_CHANNEL } from '../core/reads-channel.ts';
import { bundleInto } from './bundle.ts';
import { OWN_FUNCTIONS } from './own-functions.ts';

/** What the bundles are made from. Everything outside of the repository is in the lock file. */
const SOURCES = [
  '{api,client,core,events}/**/*.ts',
  'infra/{bundle,source-map,own-functions,field-functions}.ts',
  'package-lock.json',
];
/** Earlier bundles may still be in use for a moment. */
const UNUSED_MS = 86_400_000;

let folder: string | undefined;

/** Returns the folder with the bundle of a function of {@link OWN_FUNCTIONS}. */
export function ownBundle(name: string): string {
  folder ??= IS_REPOSITORY ? buildOnce() : packageFile('dist/functions');
  return join(folder, name);
}

function buildOnce(): string {
  const sources = globSync(SOURCES, { cwd: packageFile(), exclude: ['**/*.test.ts', '**/node_modules'] });
  channel(READS_CHANNEL).publish(sources.map((source) => packageFile(source)));
  const hash = createHash('sha256');
  for (const source of sources.sort()) hash.update(`${source}\n`).update(readFileSync(packageFile(source)));
  const cache = packageFile('node_modules/.cache/process-facade');
  const built = join(cache, hash.digest('hex').slice(0, 32));
  if (existsSync(built)) return built;

  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  try {
    const entries = Object.entries(OWN_FUNCTIONS).map(
      ([name, { file }]) => [name, { file: packageFile(file) }] as const,
    );
    bundleInto(unfinished, Object.fromEntries(entries), packageFile());
    renameSync(unfinished, built);
  } catch (error) {
    // Another synthesis may have built the same bundles meanwhile.
    if (!existsSync(built)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  removeUnused(cache);
  return built;
}

function removeUnused(cache: string): void {
  const unused = readdirSync(cache)
    .map((name) => join(cache, name))
    .filter((path) => Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > UNUSED_MS);
  for (const path of unused) rmSync(path, { recursive: true, force: true });
}
