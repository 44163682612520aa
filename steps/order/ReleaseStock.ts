import { step } from '../../core/step/step.ts';
import { PaymentAuthorization, StockRelease, StockReservation } from './documents.ts';

/** Releases what the order holds. The state has the error of a step that failed before. */
export const handler = step({
  reads: {},
  readsIfWritten: { ReserveStock: StockReservation, AuthorizePayment: PaymentAuthorization },
  writes: StockRelease,
  run: ({ ReserveStock, AuthorizePayment }, { state }) => {
    const released = ReserveStock?.reserved ?? [];
    const voidedCents = AuthorizePayment?.authorized ? AuthorizePayment.amountCents : 0;
    return { output: { released, voidedCents }, route: reasonOf(ReserveStock, AuthorizePayment, state) };
  },
});

function reasonOf(
  stock: { short: { sku: string; quantity: number; inStock: number }[] } | undefined,
  payment: { authorized: boolean; reason?: string | undefined } | undefined,
  state: unknown,
): { error: string; cause: string } {
  if (payment?.authorized === false) {
    return {
      error: 'PaymentDeclined',
      cause: `${payment.reason ?? 'The card was declined'}; the stock was released`,
    };
  }
  if (stock && stock.short.length > 0) {
    const missing = stock.short.map(
      ({ sku, quantity, inStock }) => `${sku}: ${quantity} ordered, ${inStock} in stock`,
    );
    return { error: 'OutOfStock', cause: `${missing.join('; ').slice(0, 400)}; nothing was charged` };
  }
  const { failure } = state as { failure?: { Error?: string } };
  return {
    error: failure?.Error ?? 'OrderFailed',
    cause: 'A step failed permanently; the stock was released, nothing was charged',
  };
}
