import type { WriteStream } from 'node:tty';
import { createProgressBar } from './progress-bar.ts';
import { createProgressLines } from './progress-lines.ts';
import type { Progress, ProgressUpdate } from './progress-update.ts';

/** The stream that progress is written to. */
export type ProgressStream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;

/**
 * Creates a progress bar on a terminal, and otherwise prints a line for each update.
 *
 * The steps of a process that has already ended arrive before its only state. They are shown after
 * the state, which names the process.
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
