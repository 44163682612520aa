import { step } from 'process-facade/step';
import { ConfirmedOrder, OrderInput, PricedOrder } from './documents';

export const handler = step({
  reads: { input: OrderInput, PriceOrder: PricedOrder },
  writes: ConfirmedOrder,
  run: ({ input, PriceOrder }) => ({
    output: { orderId: input.orderId, totalCents: PriceOrder.totalCents },
  }),
});
