import { join } from 'node:path';
import type { DefinitionProps } from './definition.ts';

const steps = join(import.meta.dirname, '../steps');

/** What the sample app can start: an online shop's orders, and their shipping. */
export const sampleDefinitions: Readonly<Record<string, DefinitionProps>> = {
  order: {
    folder: join(steps, 'order'),
    outputStep: 'ConfirmOrder',
    starts: { StartShipping: ['shipping'] },
  },
  shipping: { folder: join(steps, 'shipping'), outputStep: 'Dispatch' },
};
