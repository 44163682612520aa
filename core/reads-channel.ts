/**
 * The diagnostics channel on which the construct says which files its bundles contain: esbuild
 * reads them in a process of its own. Messages are lists of absolute paths.
 */
export const READS_CHANNEL = 'process-facade:reads';
