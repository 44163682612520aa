import { step } from '../../core/step/step.ts';
import { Delivery, Restocked } from './documents.ts';

/** Adds what was delivered to the stock, the output of the process. */
export const handler = step({
  reads: { RequestDelivery: Delivery },
  writes: Restocked,
  run: ({ RequestDelivery: { sku, quantity } }) => ({ output: { sku, added: quantity } }),
});
