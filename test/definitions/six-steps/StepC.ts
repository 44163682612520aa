import { step } from '../../../core/step/step.ts';
import { Words } from './words.ts';

export const handler = step({
  reads: { StepB: Words },
  ready: ({ StepB }) => StepB.steps.length === 2,
  writes: Words,
  run: ({ StepB }) => ({ output: { words: StepB.words, steps: [...StepB.steps, 'C'] } }),
});
