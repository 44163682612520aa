import { defineConfig } from 'tsdown';

/** The package `process-facade-client`, as `npm pack` builds it. */
export default defineConfig({
  entry: ['index.ts', 'apollo.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  sourcemap: true,
  dts: true,
  logLevel: 'warn',
  // Only peers are left to be imported; everything else that is not in client/ is a mistake.
  deps: { onlyBundle: [] },
});
