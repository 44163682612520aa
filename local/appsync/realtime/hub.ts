import type { MutationSuccess } from '../graphql/operation.ts';
import type { Invalidation } from '../resolver/effects.ts';
import { passesFilter } from '../resolver/filter.ts';
import { type PushedData, type PushServices, reaches, shapePush } from './push.ts';
import type { Subscription } from './subscribe.ts';

/** A live subscription. */
type LiveSubscription = {
  subscription: Subscription;
  deliver(payload: PushedData): void;
  /** Ends it, as `extensions.invalidateSubscriptions` does. */
  invalidate(): void;
};

/** All live subscriptions of an API. */
export type SubscriptionHub = {
  /**
   * Adds a subscription. Pushes reach it from then on, until the returned function is called.
   */
  add(live: LiveSubscription): () => void;
  /** Delivers to each subscription that the mutation reaches, before it returns. */
  publish(success: MutationSuccess): void;
  invalidate(invalidation: Invalidation): void;
};

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const MAX_PAYLOAD_BYTES = 240 * 1024;

/**
 * Creates the subscription hub. Payloads over 240 KB are silently dropped, as AppSync does:
 * https://github.com/aws/aws-appsync-community/issues/33
 */
export function createSubscriptionHub(
  services: PushServices,
  subscriptionsByMutation: ReadonlyMap<string, string[]>,
): SubscriptionHub {
  const byField = new Map<string, Set<LiveSubscription>>();
  const of = (field: string): Set<LiveSubscription> => {
    const known = byField.get(field) ?? new Set();
    byField.set(field, known);
    return known;
  };

  return {
    add(live) {
      const lives = of(live.subscription.field);
      lives.add(live);
      return () => lives.delete(live);
    },
    publish({ mutation, payload }) {
      const lives = (subscriptionsByMutation.get(mutation) ?? []).flatMap((field) => [...of(field)]);
      for (const { subscription, deliver } of lives) {
        if (!reaches(subscription, payload)) continue;
        const pushed = shapePush(services, subscription, payload);
        if (Buffer.byteLength(JSON.stringify(pushed)) <= MAX_PAYLOAD_BYTES) deliver(pushed);
      }
    },
    invalidate({ subscriptionField, payload }) {
      for (const { subscription, invalidate } of [...of(subscriptionField)]) {
        const { invalidationFilter } = subscription;
        if (invalidationFilter && passesFilter(invalidationFilter, payload)) invalidate();
      }
    },
  };
}
