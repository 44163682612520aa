import { step } from '../../core/step/step.ts';
import { OrderInput, PaymentAuthorization, PricedOrder } from './documents.ts';

/** The test numbers that a card company of the sample declines. */
const DECLINED: Readonly<Record<string, string>> = {
  '4000000000000002': 'The card was declined',
  '4000000000009995': 'The card has insufficient funds',
};

/**
 * Asks the card company of the sample. A declined card is a result, not an error: stock is being
 * reserved at the same time, and only when both are done is it known what to give back.
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
