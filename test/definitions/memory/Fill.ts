import * as z from 'zod';
import { step } from '../../../core/step/step.ts';

const Size = z.object({ megabytes: z.int(), inside: z.enum(['document', 'heap', 'buffers']) });

/**
 * Allocates the memory that its input says: by the document that it returns, or before it returns
 * anything.
 */
export const handler = step({
  reads: { input: Size },
  run: ({ input: { megabytes, inside } }) => {
    const kept = Array.from({ length: megabytes }, () => {
      if (inside === 'heap') return new Array(1e6 / 8).fill(0.5);
      return inside === 'buffers' ? Buffer.alloc(1e6, 1) : 'x'.repeat(1e6);
    });
    return { output: { kept: inside === 'document' ? kept : kept.length } };
  },
});
