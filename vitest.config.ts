import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// The programs that tests start, and the workers of Vitest, share what Node has compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '.local/compile-cache');

// CI reads the counts from a file.
const results = process.env.TEST_RESULTS;

export default defineConfig({
  // web-client/ has its own, for the pages alone.
  resolve: { dedupe: ['graphql', 'rxjs'] },
  test: {
    // Vitest would leave one core idle, half of a small machine.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['test/install-packages.ts'],
    // What is logged on the way matters where a test fails.
    silent: 'passed-only',
    ...(results ? { reporters: ['default', 'json'], outputFile: { json: results } } : {}),
    projects: [
      {
        // The packages as a stranger installs them: packed once, in empty folders.
        extends: true,
        test: {
          name: 'packages',
          include: ['test/packages/*.test.ts'],
          globalSetup: ['test/packages/pack.ts'],
          // Installations and compilers: slow where the machine is busy.
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['*/**/*.test.ts'],
          // The examples' own tests run where test/packages/ installs them.
          exclude: [
            ...['**/node_modules/**', '.local/**', 'examples/**'],
            ...['test/*.test.ts', 'test/packages/**'],
          ],
        },
      },
      {
        // The whole system: one facade for all of them.
        extends: true,
        test: { name: 'system', include: ['test/*.test.ts'], globalSetup: ['test/global-setup.ts'] },
      },
    ],
  },
});
