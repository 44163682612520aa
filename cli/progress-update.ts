import type { ProcessState, ProcessStep } from '../client/index.ts';

/** An update to show: a state, or a document that a step has written. */
export type ProgressUpdate = { kind: 'state'; state: ProcessState } | { kind: 'step'; step: ProcessStep };

/** Shows the progress of a process until it is disposed. */
export type Progress = Disposable & { show(update: ProgressUpdate): void };

/** A presentation of progress. `begin` is called first, and once. */
export type ProgressView = Progress & { begin(state: ProcessState): void };

/** Returns the step, with the number of its item or entry if it has one: `PackItem/3`. */
export function nameOf({ step, part }: ProcessStep): string {
  return part === null ? step : `${step}/${part}`;
}
