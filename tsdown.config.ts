import { defineConfig, type UserConfig } from 'tsdown';

const COMMON = {
  platform: 'node',
  target: 'node22.18',
  fixedExtension: false,
  shims: true,
  clean: false,
  sourcemap: true,
  dts: true,
  logLevel: 'warn',
} satisfies UserConfig;

/** The package `process-facade`: its entries in both module formats, and its programs. */
export default defineConfig([
  {
    ...COMMON,
    entry: { index: 'infra/index.ts', step: 'core/step/index.ts', local: 'local/index.ts' },
    format: ['esm', 'cjs'],
  },
  {
    ...COMMON,
    entry: { cli: 'cli/process-facade.ts', 'run-app': 'local/template/run-app.ts' },
    format: 'esm',
    dts: false,
  },
]);
