import type { ProgressUpdate } from './progress-update.ts';

/** Counts the steps that are done. */
export type StepCount = {
  /** How many are known to be done after this update: only rises, and is never too high. */
  add(update: ProgressUpdate): number;
};

/**
 * States say how many steps are done, documents say which. The two are not added up, because a
 * state may count a step whose document is not reported yet.
 */
export function createStepCount(): StepCount {
  const written = new Set<string>();
  let done = 0;
  return {
    add(update) {
      if (update.kind === 'step') written.add(update.step.step);
      done = Math.max(done, update.kind === 'step' ? written.size : update.state.stepsDone);
      return done;
    },
  };
}
