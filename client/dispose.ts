/**
 * What `using` calls. Where the platform has no such symbol (Safari, React Native), the one that
 * Babel's and esbuild's replacements for `using` look for.
 */
export const DISPOSE: typeof Symbol.dispose = (Symbol.dispose ??
  Symbol.for('Symbol.dispose')) as typeof Symbol.dispose;

/**
 * `Disposable` where the compiler's `lib` has `Symbol.dispose`, and nothing elsewhere: the
 * package's declarations pass with `lib: ["es2022", "dom"]` too, and add nothing to the user's own
 * `lib`.
 */
export type DisposableIfKnown = typeof Symbol extends { readonly dispose: infer Dispose extends symbol }
  ? { readonly [method in Dispose]: () => void }
  : unknown;
