import * as z from 'zod';
import type { StepContext } from '../../../core/step/step.ts';

export const Input = z.object({ counter: z.string() });

/** The effect: reports the process and the step to the counter. Fails if the counter rejects it. */
export async function count(
  { counter }: { counter: string },
  { processId, owner, step, signal }: StepContext,
) {
  const response = await fetch(counter, {
    method: 'POST',
    body: JSON.stringify({ processId, owner, step }),
    signal,
  });
  if (!response.ok) throw new Error(`The counter responded with ${response.status}`);
  return { output: { counted: step } };
}
