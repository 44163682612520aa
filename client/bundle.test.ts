import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

describe('the client in a browser bundle', () => {
  it('needs no package and no global of Node', async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [new URL('./index.ts', import.meta.url).pathname],
      bundle: true,
      platform: 'browser',
      format: 'esm',
      metafile: true,
      write: false,
    });
    expect(Object.keys(metafile.inputs).filter((file) => !file.startsWith('client/'))).toEqual([]);
    expect(outputFiles[0]?.text).not.toMatch(/\b(Buffer|process\.|require|setImmediate)\b/);
  });
});
