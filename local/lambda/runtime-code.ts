import { join } from 'node:path';
import { buildSync } from 'esbuild';

let url: URL | undefined;

/**
 * `runtime.ts` and what it imports as one JavaScript module, made at the first call. A thread that strips types itself takes twice the
 * memory and the time to start.
 */
export function runtimeCode(): URL {
  if (!url) {
    const { outputFiles } = buildSync({
      entryPoints: [join(import.meta.dirname, 'runtime.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      write: false,
    });
    url = new URL(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`);
  }
  return url;
}
