import { step } from 'process-facade/step';
import { ConfirmedOrder, OrderInput, PricedOrder } from './documents.ts';

/** Confirms the order. Its document is the output of the process. */
export const handler = step({
  reads: { input: OrderInput, PriceOrder: PricedOrder },
  writes: ConfirmedOrder,
  run: ({ input, PriceOrder }) => ({
    output: { orderId: input.orderId, totalCents: PriceOrder.totalCents },
  }),
});
