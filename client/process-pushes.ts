import { type Arguments, operation } from './operation.ts';
import type { Realtime, SubscriptionListener } from './realtime.ts';

/** Who wants the pushes about one process. */
export type PushListener<Push> = {
  /**
   * Nothing is missed from here on, so far as the server knows; what came before has to be fetched.
   */
  onAck?(): void;
  /** Pushes stay away until the next `onAck`. */
  onDown?(): void;
  /** A push; null when something was pushed that could not be read. */
  onPush(push: Push | null): void;
};

/** Pushes about processes. */
export type ProcessPushes<Push> = {
  /**
   * Listens to one process until `stop` is called. `answered` resolves at the first acknowledgement
   * or failure.
   */
  follow(processId: string, listener: PushListener<Push>): { answered: Promise<void>; stop: () => void };
};

type Topic<Push> = {
  listeners: Map<string, Set<PushListener<Push>>>;
  acked: boolean;
  answered: Promise<void>;
  unsubscribe: () => void;
};

/**
 * How many processes get a subscription of their own. AppSync allows 200 on a connection (100 for
 * older accounts), and states and steps count apart.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/appsync.html
 */
const OWN_SUBSCRIPTIONS = 25;

/** Key of the subscription to all of the owner's processes. */
const ALL = '';

/**
 * Shares out one subscription field over few subscriptions.
 *
 * The first processes get a subscription each, so that a client which follows a few is sent nothing
 * else: with an API key, all its users are one owner. Processes beyond those share a single
 * subscription to all of the owner's, sorted out here, so ten thousand take no more of the
 * connection than twenty-six. A process stays where it began, so nothing is ever moved and no push
 * can fall between two subscriptions.
 */
export function createProcessPushes<Push extends { processId: string }>(
  realtime: Realtime,
  field: 'onProcessState' | 'onProcessStep',
  selection: string,
): ProcessPushes<Push> {
  const topics = new Map<string, Topic<Push>>();

  function open(key: string): Topic<Push> {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const topic: Topic<Push> = { listeners: new Map(), acked: false, answered, unsubscribe: () => {} };
    function turn(acked: boolean) {
      topic.acked = acked;
      answer();
      const everyone = [...topic.listeners.values()].flatMap((listeners) => [...listeners]);
      for (const each of everyone) (acked ? each.onAck : each.onDown)?.();
    }
    const listener: SubscriptionListener = {
      onAck: () => turn(true),
      onDown: () => turn(false),
      onData({ data }) {
        const push = data?.[field] as Push | null | undefined;
        // A push that AppSync could not complete comes as null with errors. Only on a process's own
        // subscription is it known whom it concerns; the others have their safety poll.
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
      return { answered: topic.answered, stop };
    },
  };
}
