import { step } from '../../core/step/step.ts';
import { OrderConfirmation, OrderInput, PricedOrder, StartedShipping } from './documents.ts';

/** Writes the confirmation for the caller, the output of the process. */
export const handler = step({
  reads: { input: OrderInput, PriceOrder: PricedOrder, StartShipping: StartedShipping },
  writes: OrderConfirmation,
  run: ({ input, PriceOrder, StartShipping }) => ({
    output: {
      orderId: input.orderId,
      totalCents: PriceOrder.totalCents,
      items: PriceOrder.lines.reduce((sum, { quantity }) => sum + quantity, 0),
      shippingProcessId: StartShipping.processId,
    },
  }),
});
