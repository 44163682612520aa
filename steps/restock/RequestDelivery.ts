import { step } from '../../core/step/step.ts';
import { Delivery, RestockInput } from './documents.ts';

/** Requests the delivery; the machine then waits for `route.seconds`. */
export const handler = step({
  reads: { input: RestockInput },
  writes: Delivery,
  run: ({ input: { sku, quantity, deliverySeconds: seconds } }) => ({
    output: { sku, quantity, seconds },
    route: { seconds },
  }),
});
