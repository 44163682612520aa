import * as z from 'zod';

export const OrderInput = z.object({ orderId: z.string(), quantity: z.number().int().min(1) });
export const PricedOrder = z.object({ totalCents: z.number().int() });
export const ConfirmedOrder = z.object({ orderId: z.string(), totalCents: z.number().int() });
