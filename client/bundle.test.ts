import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { Linter } from 'eslint';
import { describe, expect, it } from 'vitest';

/** The bundle, minified or as it is. */
async function bundleClient(minify: boolean) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    metafile: true,
    minify,
    write: false,
  });
  return { text: outputFiles[0]?.text ?? '', files: Object.keys(metafile.inputs) };
}

describe('the client in a browser bundle', () => {
  it('needs no package', async () => {
    const { files } = await bundleClient(false);
    expect(files.filter((file) => !file.startsWith('client/'))).toEqual([]);
  });

  it('only uses globals that browsers, Node and React Native have', async () => {
    const { text } = await bundleClient(false);
    const problems = new Linter().verify(text, {
      languageOptions: { ecmaVersion: 2022, sourceType: 'module' },
      rules: { 'no-undef': 'error' },
    });
    const used = problems.map(({ message }) => /^'(\w+)' is not defined\.$/.exec(message)?.[1] ?? message);
    expect([...new Set(used)].sort()).toEqual([
      'AbortController',
      'btoa',
      'clearTimeout',
      // Only where `globalThis.document` is there.
      'document',
      'queueMicrotask',
      'setTimeout',
    ]);
    // Each of them may be missing.
    const optional = [...text.matchAll(/globalThis\.(\w+)/g)].map(([, name]) => name);
    expect([...new Set(optional)].sort()).toEqual([
      'WebSocket',
      'addEventListener',
      'crypto',
      'document',
      'fetch',
      'removeEventListener',
    ]);
  });

  it('stays small: every page loads it', async () => {
    const { text } = await bundleClient(true);
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(7_900);
  });
});
