/**
 * The documents of the `restock` process.
 *
 * `input.schema.json` is generated from {@link RestockInput} by `npm run generate`.
 */
import * as z from 'zod';

export const RestockInput = z
  .strictObject({
    sku: z.string().min(1).max(40),
    quantity: z.int().min(1).max(9_999),
    deliverySeconds: z.int().min(0).max(3_600).default(30).describe('How long the supplier takes'),
  })
  .describe('A product to reorder from its supplier: slow, to watch, stop and redrive by hand');

export const Delivery = z.object({ sku: z.string(), quantity: z.int(), seconds: z.int() });

export const Restocked = z.object({ sku: z.string(), added: z.int() });
