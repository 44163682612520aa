import * as z from 'zod';

export const Input = z.object({ from: z.int() });
export const Counted = z.object({ left: z.int() });
export const Value = z.object({ value: z.int() });
