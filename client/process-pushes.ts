import { type Arguments, operation } from './operation.ts';
import type { Realtime, SubscriptionListener } from './realtime.ts';

/** A listener for the pushes about one process. */
export type PushListener<Push> = {
  /** Pushes are sent from now on. Earlier changes must be fetched. */
  onAck?(): void;
  /** No pushes are sent until the next `onAck`. */
  onDown?(): void;
  /** A push; null if AppSync could not complete it. */
  onPush(push: Push | null): void;
};

/** Subscriptions to pushes about processes. */
export type ProcessPushes<Push> = {
  /**
   * Listens to one process until `stop` is called. `settled` resolves at the first acknowledgement
   * or failure.
   */
  follow(processId: string, listener: PushListener<Push>): { settled: Promise<void>; stop: () => void };
};

type Topic<Push> = {
  listeners: Map<string, Set<PushListener<Push>>>;
  acked: boolean;
  settled: Promise<void>;
  unsubscribe: () => void;
};

/**
 * Number of processes with their own subscription. AppSync allows 200 per connection (100 for older
 * accounts); states and steps are separate subscriptions.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/appsync.html
 */
const OWN_SUBSCRIPTIONS = 25;

/** Key of the subscription to all processes of the owner. */
const ALL = '';

/**
 * Creates the pushes of one subscription field with a limited number of subscriptions.
 *
 * The first processes have their own subscriptions, so that a client with few processes receives
 * nothing else: with an API key, all users are one owner. Further processes share one subscription
 * to all of the owner's processes, and pushes are distributed here. Ten thousand processes use no
 * more subscriptions than twenty-six. A process never changes its subscription, so no push is lost
 * in between.
 */
export function createProcessPushes<Push extends { processId: string }>(
  realtime: Realtime,
  field: 'onProcessState' | 'onProcessStep',
  selection: string,
): ProcessPushes<Push> {
  const topics = new Map<string, Topic<Push>>();

  function open(key: string): Topic<Push> {
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const topic: Topic<Push> = { listeners: new Map(), acked: false, settled, unsubscribe: () => {} };
    function setAcked(acked: boolean) {
      topic.acked = acked;
      settle();
      const everyone = [...topic.listeners.values()].flatMap((listeners) => [...listeners]);
      for (const each of everyone) (acked ? each.onAck : each.onDown)?.();
    }
    const listener: SubscriptionListener = {
      onAck: () => setAcked(true),
      onDown: () => setAcked(false),
      onData({ data }) {
        const push = data?.[field] as Push | null | undefined;
        // A push that AppSync could not complete is null with errors. Its process is only known on
        // the process's own subscription; the others rely on their safety poll.
        const processId = push ? push.processId : key;
        for (const each of [...(topic.listeners.get(processId) ?? [])]) each.onPush(push ?? null);
      },
    };
    const args: Arguments = key === ALL ? {} : { processId: ['ID!', key] };
    topic.unsubscribe = realtime.subscribe(operation('subscription', field, args, selection), listener);
    topics.set(key, topic);
    return topic;
  }

  return {
    follow(processId, listener) {
      const key = topics.has(processId) || topics.size < OWN_SUBSCRIPTIONS ? processId : ALL;
      const topic = topics.get(key) ?? open(key);
      const listeners = topic.listeners.get(processId) ?? new Set();
      topic.listeners.set(processId, listeners.add(listener));
      if (topic.acked) listener.onAck?.();
      const stop = () => {
        listeners.delete(listener);
        if (listeners.size === 0) topic.listeners.delete(processId);
        if (topic.listeners.size > 0) return;
        topics.delete(key);
        topic.unsubscribe();
      };
      return { settled: topic.settled, stop };
    },
  };
}
