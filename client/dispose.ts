/**
 * What `using` calls. Where the platform has no such symbol (Safari, React Native), the one that
 * Babel's and esbuild's replacements for `using` look for.
 */
export const DISPOSE: typeof Symbol.dispose = (Symbol.dispose ??
  Symbol.for('Symbol.dispose')) as typeof Symbol.dispose;
