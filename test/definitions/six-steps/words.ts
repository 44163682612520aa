import * as z from 'zod';

/**
 * What each of the six steps reads and writes: the words, and the steps that they have been
 * through.
 */
export const Words = z.object({ words: z.array(z.string()), steps: z.array(z.string()).default([]) });
