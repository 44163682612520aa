import { step } from '../../../core/step/step.ts';
import { Words } from './words.ts';

export const handler = step({
  reads: { StepD: Words },
  ready: ({ StepD }) => StepD.steps.length === 4,
  writes: Words,
  run: ({ StepD }) => ({ output: { words: StepD.words, steps: [...StepD.steps, 'E'] } }),
});
