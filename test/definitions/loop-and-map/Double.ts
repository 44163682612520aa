import { step } from '../../../core/step/step.ts';
import { Value } from './documents.ts';

/** Reads the document of its own item, not that of another. */
export const handler = step({
  reads: { Square: Value },
  writes: Value,
  run: ({ Square }) => ({ output: { value: Square.value * 2 } }),
});
