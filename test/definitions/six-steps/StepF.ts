import { step } from '../../../core/step/step.ts';
import { Words } from './words.ts';

export const handler = step({
  reads: { StepE: Words },
  ready: ({ StepE }) => StepE.steps.length === 5,
  writes: Words,
  run: ({ StepE }) => ({ output: { words: StepE.words, steps: [...StepE.steps, 'F'] } }),
});
