/**
 * Exports for steps: the wrapper, the start of downstream processes, and the errors that a state
 * machine can retry or catch by name.
 */
export type { ProcessState } from '../api-types.ts';
export type { Route } from '../documents.ts';
export { InvalidInput, ProcessConflict } from '../errors.ts';

export {
  DocumentMismatch,
  DocumentTooLarge,
  DownstreamUnavailable,
  InvalidOutput,
  InvalidStepEvent,
  NonErrorThrown,
  ProcessDataNotReady,
  StepTimeIsUp,
} from './errors.ts';
export type { Documents, Reads } from './reads.ts';
export { startDownstream } from './start-downstream.ts';
export { type StepContext, type StepDefinition, type StepResult, step } from './step.ts';
export type { DefinitionTypes, StepHandler, StepOutput, StepReads } from './step-types.ts';
