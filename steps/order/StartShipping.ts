import type * as z from 'zod';
import { startDownstream } from '../../core/step/start-downstream.ts';
import { step } from '../../core/step/step.ts';
import type { ShippingInput } from '../shipping/documents.ts';
import { OrderInput, PricedOrder, StartedShipping } from './documents.ts';

/** Starts `shipping` as a separate process, without waiting for its end. */
export const handler = step({
  reads: { input: OrderInput, PriceOrder: PricedOrder },
  writes: StartedShipping,
  run: async ({ input, PriceOrder }, context) => {
    const shipment: z.infer<typeof ShippingInput> = {
      orderId: input.orderId,
      address: input.address,
      items: PriceOrder.lines.map(({ sku, quantity, weightGrams }) => ({ sku, quantity, weightGrams })),
    };
    const { processId } = await startDownstream(context, 'shipping', shipment);
    return { output: { processId, definition: 'shipping' as const } };
  },
});
