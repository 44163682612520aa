import * as z from 'zod';
import { type StepResult, step } from '../../../core/step/step.ts';

const Trial = z.object({
  fail: z.object({ name: z.string(), message: z.string(), attempts: z.int() }).optional(),
  misbehave: z
    .enum(['throw-string', 'no-output', 'function-output', 'not-a-number', 'large-route', 'outlive'])
    .optional(),
  bytes: z.int().optional(),
});

/** Fails as often as its input says, then writes a document of the size in its input. */
export const handler = step({
  reads: { input: Trial },
  run: async ({ input }, { attempt, signal }): Promise<StepResult<unknown>> => {
    if (input.fail && attempt <= input.fail.attempts) {
      throw Object.assign(new Error(input.fail.message), { name: input.fail.name });
    }
    switch (input.misbehave) {
      case 'throw-string':
        throw 'a string';
      case 'no-output':
        return { output: undefined };
      case 'function-output':
        return { output: { call: () => 1 } };
      case 'not-a-number':
        return { output: { value: Number.NaN } };
      case 'large-route':
        return { output: {}, route: { everything: 'x'.repeat(5_000) } };
      case 'outlive':
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    return { output: { attempt, filling: 'x'.repeat(input.bytes ?? 0) } };
  },
});
