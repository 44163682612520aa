import type { ProcessState, ProcessStep } from '../client/index.ts';

/** What can be shown: a state, wherever it came from, or a document that a step has written. */
export type ProgressUpdate = { kind: 'state'; state: ProcessState } | { kind: 'step'; step: ProcessStep };

/** Shows people how a process gets on, until it is disposed. */
export type Progress = Disposable & { show(update: ProgressUpdate): void };

/** How progress looks. `begin` comes first, and once. */
export type ProgressView = Progress & { begin(state: ProcessState): void };

/** The step, and the number of the item or entry where there is one: `PackItem/3`. */
export function nameOf({ step, part }: ProcessStep): string {
  return part === null ? step : `${step}/${part}`;
}
