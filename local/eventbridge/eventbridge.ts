import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { AwsEvent, EmitEvent } from '../common/aws-event.ts';
import { type Clock, systemClock } from '../common/clock.ts';
import { DurableQueue } from '../common/durable-queue.ts';
import { deliver, type FullEvent, type LostEvents } from './delivery.ts';
import { RuleConfigurationError } from './errors.ts';
import { type EventRule, type ServedRule, serveRule } from './rule.ts';
import type { TargetCalls } from './target.ts';

/** The default event bus with its rules. */
export type EventBridge = {
  /**
   * Stores the event for each target of each matching rule. It only runs INSERTs, so it may be
   * called within an open transaction on the database, and takes effect when that is committed.
   * Delivery follows afterwards, in no particular order.
   */
  emit: EmitEvent;
  /**
   * Compiles rules that replace the present ones, and returns a function that puts them in place.
   * Throws {@link RuleConfigurationError}.
   */
  prepare(rules: readonly EventRule[]): () => void;
  /** Starts the schedules and delivery, also of events left over from an earlier run. */
  start(): void;
  /** Returns the number of stored deliveries, including those waiting for a retry. */
  pendingCount(): number;
  /** Resolves when no delivery is stored. */
  idle(): Promise<void>;
  /** Waits for the deliveries in progress. The others stay stored for the next start. */
  close(): Promise<void>;
};

type Delivery = { ruleArn: string; targetId: string; event: FullEvent; ingestionTime: string };

const MAX_IN_FLIGHT = 64;

/**
 * Delivers events to the targets of matching rules at least once, also across a crash.
 *
 * A rule that EventBridge would reject, or that the local runtime does not support, goes to
 * `onUnsupported`, which throws its {@link RuleConfigurationError} by default. Then the rule has no
 * effect.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html
 */
export function createEventBridge({
  rules,
  enqueue,
  executeGraphQl,
  sendToQueue,
  logger = console,
  database,
  region,
  accountId,
  clock = systemClock,
  onUnsupported = throwError,
}: TargetCalls &
  Pick<LostEvents, 'sendToQueue'> &
  Partial<LostEvents> & {
    rules: readonly EventRule[];
    database: DatabaseSync;
    region: string;
    accountId: string;
    clock?: Clock;
    onUnsupported?(ruleArn: string, error: RuleConfigurationError): void;
  }): EventBridge {
  function compile(all: readonly EventRule[]): Map<string, ServedRule> {
    const compiled = new Map<string, ServedRule>();
    for (const rule of all) {
      try {
        compiled.set(rule.arn, serveRule(rule, { enqueue, executeGraphQl }));
      } catch (error) {
        if (!(error instanceof RuleConfigurationError)) throw error;
        onUnsupported(rule.arn, error);
      }
    }
    return compiled;
  }

  let served = compile(rules);
  const queue = new DurableQueue({
    database,
    table: 'eventbridge_deliveries',
    maxInFlight: MAX_IN_FLIGHT,
    clock,
    async handle(item) {
      const { ruleArn, targetId, ...delivery }: Delivery = JSON.parse(item.payload);
      const rule = served.get(ruleArn);
      const target = rule?.targets.get(targetId);
      if (rule && target) return deliver(delivery, { rule, target, item }, { sendToQueue, logger, clock });
      logger.error(
        `EventBridge: event [${delivery.event.id}] was dropped; the template no longer has the target [${targetId}] of rule [${ruleArn}]`,
      );
      return 'DONE';
    },
  });
  let stopSchedules: (() => void)[] | undefined;

  function fullEvent({ time, ...event }: AwsEvent): FullEvent {
    return {
      ...event,
      version: '0',
      id: randomUUID(),
      account: accountId,
      time: time ?? new Date(clock.now()).toISOString().replace(/\.\d{3}/, ''),
      region,
    };
  }

  function addForEachTarget({ arn, targets }: ServedRule, event: FullEvent): void {
    const ingestionTime = new Date(clock.now()).toISOString();
    for (const targetId of targets.keys()) {
      const delivery: Delivery = { ruleArn: arn, targetId, event, ingestionTime };
      queue.add(JSON.stringify(delivery));
    }
  }

  /**
   * Emits the rule's scheduled events at multiples of the interval, until the returned function is
   * called. Restarts within an interval therefore do not postpone a schedule.
   */
  function schedule(rule: ServedRule, intervalMs: number): () => void {
    let stop = () => {};
    const nextMs = () => (Math.floor(clock.now() / intervalMs) + 1) * intervalMs;
    const waitUntil = (dueAtMs: number) => {
      stop = clock.after(dueAtMs - clock.now(), () => {
        if (clock.now() < dueAtMs) return waitUntil(dueAtMs);
        const about = { source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [rule.arn] };
        addForEachTarget(rule, fullEvent({ ...about, detail: {} }));
        waitUntil(nextMs());
      });
    };
    waitUntil(nextMs());
    return () => stop();
  }

  function startSchedules(): void {
    for (const stop of stopSchedules ?? []) stop();
    stopSchedules = [...served.values()].flatMap((rule) =>
      rule.scheduleMs === undefined ? [] : [schedule(rule, rule.scheduleMs)],
    );
  }

  return {
    emit(event) {
      const full = fullEvent(event);
      for (const rule of served.values()) if (rule.matches(full)) addForEachTarget(rule, full);
    },
    prepare(rules) {
      const compiled = compile(rules);
      return () => {
        served = compiled;
        if (stopSchedules) startSchedules();
      };
    },
    start() {
      queue.start();
      startSchedules();
    },
    pendingCount: () => queue.pendingCount(),
    idle: () => queue.idle(),
    async close() {
      for (const stop of stopSchedules ?? []) stop();
      await queue.close();
    },
  };
}

function throwError(_: string, error: RuleConfigurationError): void {
  throw error;
}
