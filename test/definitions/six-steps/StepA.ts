import { step } from '../../../core/step/step.ts';
import { Words } from './words.ts';

export const handler = step({
  reads: { input: Words },
  ready: ({ input }) => input.steps.length === 0,
  writes: Words,
  run: ({ input }) => ({ output: { words: input.words, steps: [...input.steps, 'A'] } }),
});
