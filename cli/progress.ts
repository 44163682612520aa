import type { WriteStream } from 'node:tty';
import type { ProcessState, ProcessStep } from '../client/index.ts';
import { createProgressBar } from './progress-bar.ts';
import { createProgressLines } from './progress-lines.ts';

/** What can be shown: a state, wherever it came from, or a document that a step has written. */
export type ProgressUpdate = { kind: 'state'; state: ProcessState } | { kind: 'step'; step: ProcessStep };

/** Shows people how a process gets on, until it is disposed. */
export type Progress = Disposable & {
  /** Shows which process it is. Without this call, the first update does, which has to be a state. */
  begin(state: ProcessState): void;
  show(update: ProgressUpdate): void;
};

/** What is written to, as far as it matters here. */
export type ProgressStream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;

/** A progress bar on a terminal; otherwise a line for each thing that happens. */
export function createProgress(stream: ProgressStream): Progress {
  return stream.isTTY ? createProgressBar(stream) : createProgressLines(stream);
}

/** The step, and the number of the item or entry where there is one: `PackItem/3`. */
export function nameOf({ step, part }: ProcessStep): string {
  return part === null ? step : `${step}/${part}`;
}
