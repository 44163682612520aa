import type { ProgressUpdate } from './progress-update.ts';

/** Counts the steps that are done. */
export type StepCount = {
  /** Returns how many steps are known to be done after this update. Only rises, never too high. */
  add(update: ProgressUpdate): number;
};

/**
 * Creates a counter. States contain the number of steps done, documents their names. The two are
 * not added up, because a state may count a step whose document has not been reported yet.
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
