import * as z from 'zod';
import type { StepContext } from '../../../core/step/step.ts';

export const Input = z.object({ counter: z.string() });

/** The effect: the counter is told of the process and the step. Fails where it does not take it. */
export async function count(
  { counter }: { counter: string },
  { processId, owner, step, signal }: StepContext,
) {
  const told = await fetch(counter, {
    method: 'POST',
    body: JSON.stringify({ processId, owner, step }),
    signal,
  });
  if (!told.ok) throw new Error(`The counter answered ${told.status}`);
  return { output: { counted: step } };
}
