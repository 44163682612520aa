import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

let file: string | undefined;

/**
 * The file of `runtime.ts` and what it imports as one JavaScript module, made at the first call and
 * removed at the end of this process. A process that strips types itself takes twice the memory and
 * the time to start.
 */
export function runtimeCode(): string {
  if (!file) {
    const folder = mkdtempSync(join(tmpdir(), 'process-facade-runtime-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    file = join(folder, 'runtime.mjs');
    buildSync({
      entryPoints: [join(import.meta.dirname, 'runtime.ts')],
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
    });
  }
  return file;
}
