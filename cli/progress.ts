import type { WriteStream } from 'node:tty';
import { createProgressBar } from './progress-bar.ts';
import { createProgressLines } from './progress-lines.ts';
import type { Progress, ProgressUpdate } from './progress-update.ts';

/** What is written to, as far as it matters here. */
export type ProgressStream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;

/**
 * A progress bar on a terminal; otherwise a line for each thing that happens.
 *
 * The steps of a process that has ended already come before its only state. They are shown after
 * it, since it says which process it is.
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
