import type { Effects } from './effects.ts';
import { FieldError } from './errors.ts';
import { parseSubscriptionFilter } from './filter.ts';
import { onlySupported } from './unsupported.ts';

/** @see https://docs.aws.amazon.com/appsync/latest/devguide/extensions-js.html */
const MAX_INVALIDATIONS = 5;

/**
 * Creates `extensions` of `@aws-appsync/utils` for one run of a handler. Each function throws
 * outside the handler that it is for.
 */
export function createExtensions(typeName: string, handler: 'request' | 'response', effects: Effects) {
  const assertHandler = (expectedType: string, name: string) => {
    if (typeName === expectedType && handler === 'response') return;
    throw new FieldError(
      `extensions.${name} can be called only in the response handler of a ${expectedType.toLowerCase()} resolver.`,
      'UnsupportedOperation',
    );
  };
  return onlySupported('extensions', {
    setSubscriptionFilter(filter: unknown): void {
      assertHandler('Subscription', 'setSubscriptionFilter');
      effects.subscriptionFilter = parseSubscriptionFilter(filter);
    },
    setSubscriptionInvalidationFilter(filter: unknown): void {
      assertHandler('Subscription', 'setSubscriptionInvalidationFilter');
      effects.invalidationFilter = parseSubscriptionFilter(filter);
    },
    invalidateSubscriptions({
      subscriptionField,
      payload,
    }: {
      subscriptionField: string;
      payload: Record<string, unknown>;
    }): void {
      assertHandler('Mutation', 'invalidateSubscriptions');
      effects.invalidations.push({ subscriptionField, payload: JSON.parse(JSON.stringify(payload)) });
      if (effects.invalidations.length > MAX_INVALIDATIONS) {
        throw new FieldError(
          `extensions.invalidateSubscriptions can be called ${MAX_INVALIDATIONS} times in a request, got more.`,
          'UnsupportedOperation',
        );
      }
    },
  });
}
