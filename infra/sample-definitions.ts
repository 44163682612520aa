import { join } from 'node:path';
import type { DefinitionProps } from './definition.ts';

const steps = join(import.meta.dirname, '../steps');

/** The definitions of the sample app: an online shop's orders, their shipping, and its stock. */
export const sampleDefinitions: Readonly<Record<string, DefinitionProps>> = {
  order: {
    folder: join(steps, 'order'),
    outputStep: 'ConfirmOrder',
    starts: { StartShipping: ['shipping'] },
  },
  shipping: { folder: join(steps, 'shipping'), outputStep: 'Dispatch' },
  restock: { folder: join(steps, 'restock'), outputStep: 'PutOnShelf' },
};
