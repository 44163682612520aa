import { step } from '../../core/step/step.ts';
import { Dispatched, PackedParcels, ShippingInput } from './documents.ts';

/**
 * Hands the parcels to the carrier of the country. Tracking numbers are derived from the process
 * and the parcel, so a retry returns the same ones.
 */
export const handler = step({
  reads: { input: ShippingInput, Pack: PackedParcels },
  writes: Dispatched,
  run: ({ input, Pack }, { processId }) => ({
    output: {
      carrier: input.address.country === 'NL' ? 'PostNL' : 'DHL',
      trackingNumbers: Pack.parcels.map(
        ({ number }) =>
          `${input.address.country}${processId.replaceAll('-', '').slice(-12).toUpperCase()}${number}`,
      ),
      weightGrams: Pack.parcels.reduce((sum, { weightGrams }) => sum + weightGrams, 0),
    },
  }),
});
