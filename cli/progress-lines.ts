import type { ProcessStatus } from '../client/index.ts';
import { nameOf, type ProgressView } from './progress-update.ts';

/**
 * Creates progress for logs and pipes: a line for each document that a step has written, and for
 * each new status.
 */
export function createProgressLines(stream: NodeJS.WritableStream): ProgressView {
  let status: ProcessStatus | undefined;
  const print = (text: string) => stream.write(`${new Date().toTimeString().slice(0, 8)} ${text}\n`);

  return {
    begin: ({ processId, definition }) => void print(`Process [${processId}] of [${definition}]`),
    show(update) {
      if (update.kind === 'step') {
        print(`${nameOf(update.step)} written (${update.step.bytes} bytes)`);
        return;
      }
      if (status !== update.state.status) print(update.state.status);
      status = update.state.status;
    },
    [Symbol.dispose]() {},
  };
}
