import { step } from '../../core/step/step.ts';
import { OrderInput, PaymentAuthorization, PricedOrder } from './documents.ts';

/** The test numbers that a card company of the sample declines. */
const DECLINED: Readonly<Record<string, string>> = {
  '4000000000000002': 'The card was declined',
  '4000000000009995': 'The card has insufficient funds',
};

/**
 * Authorizes the payment with the sample's card company. A declined card is a result, not an error:
 * stock is reserved at the same time, and only after both is it known what to release.
 */
export const handler = step({
  reads: { input: OrderInput, PriceOrder: PricedOrder },
  writes: PaymentAuthorization,
  run: ({ input, PriceOrder }) => {
    const reason = DECLINED[input.card.number];
    return {
      output: {
        authorized: reason === undefined,
        amountCents: PriceOrder.totalCents,
        cardEnding: input.card.number.slice(-4),
        ...(reason === undefined ? {} : { reason }),
      },
      route: { payment: reason === undefined ? 'authorized' : 'declined' },
    };
  },
});
