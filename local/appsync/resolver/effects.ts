import type { FieldError } from './errors.ts';
import type { SubscriptionFilter } from './filter.ts';

/** What a handler does beside returning a value. */
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

/** Nothing yet. */
export function noEffects(): Effects {
  return { errors: [], invalidations: [] };
}
