import { step } from '../../../core/step/step.ts';
import { count, Input } from './count.ts';

export const handler = step({ reads: { input: Input }, run: ({ input }, context) => count(input, context) });
