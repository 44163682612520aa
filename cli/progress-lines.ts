import type { ProcessStatus } from '../client/index.ts';
import type { Progress } from './progress.ts';
import { createStepCount } from './step-count.ts';

/** Progress for logs and pipes: a line for each step, and for each state that says more than the lines before it. */
export function createProgressLines(stream: NodeJS.WritableStream): Progress {
  const count = createStepCount();
  let told: { status: ProcessStatus; stepsDone: number } | undefined;
  const print = (text: string) => stream.write(`${new Date().toTimeString().slice(0, 8)} ${text}\n`);

  return {
    show(update) {
      const before = told?.stepsDone ?? 0;
      const stepsDone = count.add(update);
      if (told) told.stepsDone = stepsDone;
      if (update.kind === 'step')
        return void print(`${update.step.step} written (${update.step.bytes} bytes)`);
      const { processId, definition, status, stepsTotal } = update.state;
      if (!told) print(`Process [${processId}] of [${definition}]`);
      if (told?.status !== status) print(status);
      else if (stepsDone > before) print(`${stepsDone} of ${stepsTotal} steps done`);
      told = { status, stepsDone };
    },
    [Symbol.dispose]() {},
  };
}
