import { step } from '../../core/step/step.ts';
import { CATALOGUE } from './catalogue.ts';
import { PricedOrder, ValidatedOrder } from './documents.ts';

const SHIPPING_CENTS = 495;
const FREE_SHIPPING_FROM_CENTS = 5_000;

/** Prices each line from the catalogue and adds them up; shipping is free from 50 euros. */
export const handler = step({
  reads: { ValidateOrder: ValidatedOrder },
  writes: PricedOrder,
  run: ({ ValidateOrder }) => {
    const lines = ValidateOrder.lines.map(({ sku, quantity }) => {
      const product = CATALOGUE[sku];
      if (!product) throw new Error(`[${sku}] left the catalogue after the order was validated`);
      const { name, unitCents, weightGrams } = product;
      return {
        sku,
        quantity,
        name,
        unitCents,
        lineCents: unitCents * quantity,
        weightGrams: weightGrams * quantity,
      };
    });
    const goodsCents = lines.reduce((sum, { lineCents }) => sum + lineCents, 0);
    const shippingCents = goodsCents >= FREE_SHIPPING_FROM_CENTS ? 0 : SHIPPING_CENTS;
    return { output: { lines, goodsCents, shippingCents, totalCents: goodsCents + shippingCents } };
  },
});
