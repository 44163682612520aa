import { step } from '../../core/step/step.ts';
import { PackedParcels, PickList } from './documents.ts';

const MAX_PARCEL_GRAMS = 5_000;

/** Packs parcels of at most 5 kg in the order of picking. A heavier piece gets its own parcel. */
export const handler = step({
  reads: { Pick: PickList },
  writes: PackedParcels,
  run: ({ Pick }) => {
    const parcels: { number: number; weightGrams: number; contents: string[] }[] = [];
    for (const { sku, quantity, weightGrams } of Pick.picks) {
      const pieceGrams = Math.ceil(weightGrams / quantity);
      for (let piece = 0; piece < quantity; piece++) {
        let parcel = parcels.at(-1);
        if (!parcel || parcel.weightGrams + pieceGrams > MAX_PARCEL_GRAMS) {
          parcel = { number: parcels.length + 1, weightGrams: 0, contents: [] };
          parcels.push(parcel);
        }
        parcel.weightGrams += pieceGrams;
        parcel.contents.push(sku);
      }
    }
    return { output: { parcels } };
  },
});
