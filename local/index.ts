/**
 * The local runtime for development and tests: the template of an app, served by one process on
 * loopback.
 */
export { StartError } from './common/errors.ts';
export { parseFaults } from './faults/parse-faults.ts';
export type { LogLine } from './lambda/function.ts';
export type { LocalConfig } from './other-services/local-config.ts';
export { claimOutputs, type OutputsFiles, outputsFileOf } from './outputs-files.ts';
export { type LocalRuntime, startLocal } from './start-local.ts';
