import { step } from '../../core/step/step.ts';
import { CATALOGUE } from './catalogue.ts';
import { OrderInput, ValidatedOrder } from './documents.ts';

class UnknownProduct extends Error {
  override readonly name = 'UnknownProduct';
}

/** Merges lines of the same product. Fails with `UnknownProduct` for unknown products. */
export const handler = step({
  reads: { input: OrderInput },
  writes: ValidatedOrder,
  run: ({ input }) => {
    const unknown = input.items.map(({ sku }) => sku).filter((sku) => !Object.hasOwn(CATALOGUE, sku));
    if (unknown.length > 0) {
      throw new UnknownProduct(`Order ${input.orderId} has unknown products [${unknown.join(', ')}]`);
    }
    const quantities = new Map<string, number>();
    for (const { sku, quantity } of input.items) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
    return { output: { lines: [...quantities].map(([sku, quantity]) => ({ sku, quantity })) } };
  },
});
