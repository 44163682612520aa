import type { WriteStream } from 'node:tty';
import type { ProcessState, ProcessStep } from '../client/index.ts';
import { createProgressBar } from './progress-bar.ts';
import { createProgressLines } from './progress-lines.ts';

/** What can be shown: a state, wherever it came from, or a document that a step has written. */
export type ProgressUpdate = { kind: 'state'; state: ProcessState } | { kind: 'step'; step: ProcessStep };

/** Shows people how a process gets on, until it is disposed. */
export type Progress = Disposable & { show(update: ProgressUpdate): void };

/** How progress looks. `begin` comes first, and once. */
export type ProgressView = Progress & { begin(state: ProcessState): void };

/** What is written to, as far as it matters here. */
export type ProgressStream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;

/**
 * A progress bar on a terminal; otherwise a line for each thing that happens.
 *
 * The steps of a process that has ended already come before its only state. They are shown after it, since it says which process it is.
 */
export function createProgress(stream: ProgressStream): Progress {
  const view = stream.isTTY ? createProgressBar(stream) : createProgressLines(stream);
  const early: ProgressUpdate[] = [];
  let begun = false;
  return {
    show(update) {
      if (!begun && update.kind === 'step') return void early.push(update);
      if (!begun && update.kind === 'state') view.begin(update.state);
      begun = true;
      for (const each of [...early.splice(0), update]) view.show(each);
    },
    [Symbol.dispose]: () => view[Symbol.dispose](),
  };
}

/** The step, and the number of the item or entry where there is one: `PackItem/3`. */
export function nameOf({ step, part }: ProcessStep): string {
  return part === null ? step : `${step}/${part}`;
}
