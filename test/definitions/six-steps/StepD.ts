import { step } from '../../../core/step/step.ts';
import { Words } from './words.ts';

export const handler = step({
  reads: { StepC: Words },
  ready: ({ StepC }) => StepC.steps.length === 3,
  writes: Words,
  run: ({ StepC }) => ({ output: { words: StepC.words, steps: [...StepC.steps, 'D'] } }),
});
