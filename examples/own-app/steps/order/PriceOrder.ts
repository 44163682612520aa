import { step } from 'process-facade/step';
import { OrderInput, PricedOrder } from './documents.ts';

const UNIT_CENTS = 250;

/** Prices the order. */
export const handler = step({
  reads: { input: OrderInput },
  writes: PricedOrder,
  run: ({ input }) => ({ output: { totalCents: input.quantity * UNIT_CENTS } }),
});
