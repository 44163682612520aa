/** The documents of the `order` process. Keep `input.schema.json` equal to {@link OrderInput}. */
import * as z from 'zod';

export const OrderInput = z.strictObject({ orderId: z.string(), quantity: z.int().min(1) });

export const PricedOrder = z.object({ totalCents: z.int() });

export const ConfirmedOrder = z.object({ orderId: z.string(), totalCents: z.int() });
