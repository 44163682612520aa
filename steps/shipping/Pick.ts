import { step } from '../../core/step/step.ts';
import { PickList, ShippingInput } from './documents.ts';

/** Sorts the items by aisle. Products of one kind (`TEA`, `MUG`) share an aisle. */
export const handler = step({
  reads: { input: ShippingInput },
  writes: PickList,
  run: ({ input }) => {
    const picks = input.items.map((item) => ({ ...item, aisle: item.sku.split('-')[0] ?? item.sku }));
    picks.sort((a, b) => a.aisle.localeCompare(b.aisle) || a.sku.localeCompare(b.sku));
    return { output: { picks } };
  },
});
