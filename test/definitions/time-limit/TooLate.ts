import { step } from '../../../core/step/step.ts';

export const handler = step({ reads: {}, run: () => ({ output: {} }) });
