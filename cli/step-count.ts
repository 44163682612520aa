import type { ProgressUpdate } from './progress.ts';

/** Counts the steps that are done. */
export type StepCount = {
  /** How many are known to be done after this update: only rises, and is never too high. */
  add(update: ProgressUpdate): number;
};

/**
 * States tell how many steps are done, but come seldom; pushes tell which one is done, but only of those since the watching
 * began. Neither may be added to the other, because a state may count a step whose push is still on its way.
 */
export function createStepCount(): StepCount {
  const pushed = new Set<string>();
  let done = 0;
  return {
    add(update) {
      if (update.kind === 'step') pushed.add(update.step.step);
      done = Math.max(done, update.kind === 'step' ? pushed.size : update.state.stepsDone);
      return done;
    },
  };
}
