import { step } from '../../../steps/step.ts';

export const handler = step({ reads: {}, run: () => ({ output: { at: new Date().toISOString() } }) });
