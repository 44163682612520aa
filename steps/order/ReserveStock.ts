import { step } from '../../core/step/step.ts';
import { CATALOGUE } from './catalogue.ts';
import { PricedOrder, StockReservation } from './documents.ts';

/** Reserves all lines, or none if one is out of stock; `route.stock` has the result. */
export const handler = step({
  reads: { PriceOrder: PricedOrder },
  writes: StockReservation,
  run: ({ PriceOrder }) => {
    const lines = PriceOrder.lines.map(({ sku, quantity }) => ({
      sku,
      quantity,
      inStock: CATALOGUE[sku]?.inStock ?? 0,
    }));
    const short = lines.filter(({ quantity, inStock }) => quantity > inStock);
    const reserved = short.length > 0 ? [] : lines.map(({ sku, quantity }) => ({ sku, quantity }));
    return { output: { reserved, short }, route: { stock: short.length > 0 ? 'short' : 'reserved' } };
  },
});
