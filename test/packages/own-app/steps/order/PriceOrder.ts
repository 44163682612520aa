import { step } from 'process-facade/step';
import { OrderInput, PricedOrder } from './documents';

export const handler = step({
  reads: { input: OrderInput },
  writes: PricedOrder,
  run: ({ input }) => ({ output: { totalCents: input.quantity * 250 } }),
});
