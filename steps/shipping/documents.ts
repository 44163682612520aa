/**
 * The documents of the `shipping` process. Weight is in grams.
 *
 * `input.schema.json` is generated from {@link ShippingInput} by `npm run generate`.
 */
import * as z from 'zod';

export const Address = z.strictObject({
  name: z.string().min(1).max(100),
  street: z.string().min(1).max(100),
  city: z.string().min(1).max(100),
  postalCode: z.string().min(1).max(12),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .describe('ISO 3166-1 alpha-2, such as NL'),
});

export const ShippingInput = z
  .strictObject({
    orderId: z.string().min(1).max(40),
    address: Address,
    items: z
      .array(
        z.strictObject({ sku: z.string().min(1), quantity: z.int().min(1), weightGrams: z.int().min(1) }),
      )
      .min(1),
  })
  .describe('Items to ship, and the address');

export const PickList = z.object({
  picks: z.array(z.object({ sku: z.string(), quantity: z.int(), aisle: z.string(), weightGrams: z.int() })),
});

export const PackedParcels = z.object({
  parcels: z.array(z.object({ number: z.int(), weightGrams: z.int(), contents: z.array(z.string()) })),
});

export const Dispatched = z.object({
  carrier: z.string(),
  trackingNumbers: z.array(z.string()),
  weightGrams: z.int(),
});
