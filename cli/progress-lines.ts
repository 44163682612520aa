import type { ProcessState, ProcessStatus } from '../client/index.ts';
import { nameOf, type Progress } from './progress.ts';

/** Progress for logs and pipes: a line for each document that a step has written, and for each new status. */
export function createProgressLines(stream: NodeJS.WritableStream): Progress {
  let begun = false;
  let status: ProcessStatus | undefined;
  const print = (text: string) => stream.write(`${new Date().toTimeString().slice(0, 8)} ${text}\n`);

  function begin({ processId, definition }: ProcessState) {
    if (!begun) print(`Process [${processId}] of [${definition}]`);
    begun = true;
  }

  return {
    begin,
    show(update) {
      if (update.kind === 'step')
        return void print(`${nameOf(update.step)} written (${update.step.bytes} bytes)`);
      begin(update.state);
      if (status !== update.state.status) print(update.state.status);
      status = update.state.status;
    },
    [Symbol.dispose]() {},
  };
}
