import { step } from '../../../core/step/step.ts';
import { Words } from './words.ts';

export const handler = step({
  reads: { StepA: Words },
  ready: ({ StepA }) => StepA.steps.length === 1,
  writes: Words,
  run: ({ StepA }) => ({ output: { words: StepA.words, steps: [...StepA.steps, 'B'] } }),
});
