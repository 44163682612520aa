/** The messages between the local runtime and the process of an execution environment. */
import * as z from 'zod';

/** Starts one invocation. `event` is JSON text, `deadlineMs` a date. */
export type InvokeMessage = {
  requestId: string;
  functionArn: string;
  event: string;
  deadlineMs: number;
};

const FunctionErrorSchema = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).exactOptional(),
});

/**
 * A report of the process. It is validated, because the function can write to the same pipe.
 * `payload` is JSON text, `memoryMb` the maximum memory of the process. After `initFailed` the
 * process cannot be used.
 */
export const RuntimeMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('started'), requestId: z.string() }),
  z.object({
    type: z.literal('succeeded'),
    requestId: z.string(),
    payload: z.string(),
    memoryMb: z.number(),
  }),
  z.object({
    type: z.literal('failed'),
    requestId: z.string(),
    error: FunctionErrorSchema,
    memoryMb: z.number(),
  }),
  z.object({ type: z.literal('initFailed'), error: FunctionErrorSchema }),
  z.object({ type: z.literal('log'), level: z.enum(['stdout', 'stderr']), text: z.string() }),
]);
export type RuntimeMessage = z.infer<typeof RuntimeMessage>;
