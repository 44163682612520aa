/**
 * The documents of the `order` process. Money is in euro cents, weight in grams.
 *
 * `input.schema.json` is generated from {@link OrderInput} by `npm run generate`.
 */
import * as z from 'zod';
import { Address } from '../shipping/documents.ts';

const Quantity = z.int().min(1).max(99);
const Cents = z.int().min(0);

export const OrderInput = z
  .strictObject({
    orderId: z.string().min(1).max(40),
    customer: z.strictObject({ name: z.string().min(1).max(100), email: z.email() }),
    items: z
      .array(z.strictObject({ sku: z.string().min(1).max(40), quantity: Quantity }))
      .min(1)
      .max(50),
    card: z.strictObject({
      number: z
        .string()
        .regex(/^\d{12,19}$/)
        .describe(
          'A test number: 4242424242424242 is accepted, 4000000000000002 is declined. Never send a real one.',
        ),
    }),
    address: Address,
  })
  .describe('An order of tea and accessories');

const Line = z.object({ sku: z.string(), quantity: z.int().min(1) });

export const ValidatedOrder = z.object({ lines: z.array(Line) });

export const PricedOrder = z.object({
  lines: z.array(Line.extend({ name: z.string(), unitCents: Cents, lineCents: Cents, weightGrams: z.int() })),
  goodsCents: Cents,
  shippingCents: Cents,
  totalCents: Cents,
});

export const StockReservation = z.object({
  reserved: z.array(Line),
  short: z.array(Line.extend({ inStock: z.int() })),
});

export const PaymentAuthorization = z.object({
  authorized: z.boolean(),
  amountCents: Cents,
  cardEnding: z.string(),
  reason: z.string().optional(),
});

export const StockRelease = z.object({
  released: z.array(Line),
  voidedCents: Cents,
});

export const StartedShipping = z.object({ processId: z.string(), definition: z.literal('shipping') });

export const OrderConfirmation = z.object({
  orderId: z.string(),
  totalCents: Cents,
  items: z.int(),
  shippingProcessId: z.string(),
});
