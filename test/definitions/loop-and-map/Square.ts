import { step } from '../../../core/step/step.ts';
import { Value } from './documents.ts';

export const handler = step({
  reads: {},
  writes: Value,
  run: (_, { state }) => ({ output: { value: Number(state) ** 2 } }),
});
