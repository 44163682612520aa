import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { IS_REPOSITORY, packageFile } from '../../core/package-root.ts';

let file = IS_REPOSITORY ? undefined : packageFile('dist/lambda-runtime.mjs');

/**
 * Returns the file of `runtime.ts` and its imports as one JavaScript module. The repository builds
 * it at the first call and removes it at the end of this process; the package contains it. A
 * process that strips types itself needs twice the memory and time to start.
 */
export function runtimeCode(): string {
  if (!file) {
    const folder = mkdtempSync(join(tmpdir(), 'process-facade-runtime-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    file = join(folder, 'runtime.mjs');
    buildRuntime(file);
  }
  return file;
}

/** Bundles `runtime.ts` into one file. */
export function buildRuntime(outfile: string): void {
  buildSync({
    entryPoints: [packageFile('local/lambda/runtime.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
  });
}
