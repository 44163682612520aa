import type { FieldError } from './errors.ts';
import type { SubscriptionFilter } from './filter.ts';

/** The side effects of a handler. */
export type Effects = {
  /** By `util.appendError`. */
  errors: FieldError[];
  /**
   * By `extensions.setSubscriptionFilter`: undefined when it was not called, null when it was
   * called without a filter.
   */
  subscriptionFilter?: SubscriptionFilter | null;
  invalidationFilter?: SubscriptionFilter | null;
  invalidations: Invalidation[];
};

/** A call of `extensions.invalidateSubscriptions`. */
export type Invalidation = { subscriptionField: string; payload: Record<string, unknown> };

/** Returns an empty set of effects. */
export function noEffects(): Effects {
  return { errors: [], invalidations: [] };
}
