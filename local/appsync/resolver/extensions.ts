import type { Effects } from './effects.ts';
import { FieldError } from './errors.ts';
import { parseSubscriptionFilter } from './filter.ts';
import { onlySupported } from './unsupported.ts';

/** @see https://docs.aws.amazon.com/appsync/latest/devguide/extensions-js.html */
const MAX_INVALIDATIONS = 5;

/**
 * `extensions` of `@aws-appsync/utils`, for one run of one handler; each function throws outside
 * the handler that it is meant for.
 */
export function createExtensions(typeName: string, handler: 'request' | 'response', effects: Effects) {
  const mustBeIn = (expectedType: string, name: string) => {
    if (typeName === expectedType && handler === 'response') return;
    throw new FieldError(
      `extensions.${name} can be called only in the response handler of a ${expectedType.toLowerCase()} resolver.`,
      'UnsupportedOperation',
    );
  };
  return onlySupported('extensions', {
    setSubscriptionFilter(filter: unknown): void {
      mustBeIn('Subscription', 'setSubscriptionFilter');
      effects.subscriptionFilter = parseSubscriptionFilter(filter);
    },
    setSubscriptionInvalidationFilter(filter: unknown): void {
      mustBeIn('Subscription', 'setSubscriptionInvalidationFilter');
      effects.invalidationFilter = parseSubscriptionFilter(filter);
    },
    invalidateSubscriptions({
      subscriptionField,
      payload,
    }: {
      subscriptionField: string;
      payload: Record<string, unknown>;
    }): void {
      mustBeIn('Mutation', 'invalidateSubscriptions');
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
