import * as z from 'zod';
import { step } from '../../../core/step/step.ts';

export const handler = step({
  reads: { Before: z.object({ at: z.string() }) },
  run: ({ Before }) => ({ output: { before: Before.at } }),
});
