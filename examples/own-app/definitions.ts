/** The types of the definitions, for the client: a wrong name, input or output does not compile. */
import type { DefinitionTypes } from 'process-facade/step';
import type { handler as confirmOrder } from './steps/order/ConfirmOrder.ts';
import type { OrderInput } from './steps/order/documents.ts';

export type Definitions = {
  order: DefinitionTypes<typeof OrderInput, typeof confirmOrder>;
};
