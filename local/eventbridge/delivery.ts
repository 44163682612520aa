import type { Clock } from '../common/clock.ts';
import type { Outcome, QueuedItem } from '../common/durable-queue.ts';
import type { Logger } from '../common/logger.ts';
import type { ServedRule, ServedTarget } from './rule.ts';
import { failureOf, isPermanent, type RuleTarget } from './target.ts';

/** An event as targets receive it, with the fields that the bus adds. */
export type FullEvent = Record<string, unknown> & { time: string };

/** The destinations of undelivered events. */
export type LostEvents = {
  sendToQueue(queueArn: string, body: string, attributes: Record<string, string>): void;
  /** Receives each event that is lost. */
  logger: Logger;
};

const DEFAULT_RETRY_ATTEMPTS = 185;
const DEFAULT_MAX_AGE_SECONDS = 86_400;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/**
 * Delivers an event to a target, and returns whether to retry. Retries follow after about one
 * second, two, four, up to a minute, within the target's retry policy (by default 185 retries, 24
 * hours). Afterwards the event goes to the dead-letter queue, or to the log without one. An event
 * that no retry can deliver goes there at once.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export async function deliver(
  { event, ingestionTime }: { event: FullEvent; ingestionTime: string },
  { rule, target, item }: { rule: ServedRule; target: ServedTarget; item: QueuedItem },
  { clock, ...lost }: LostEvents & { clock: Clock },
): Promise<Outcome> {
  try {
    await target.call(target.inputOf(event, { ruleArn: rule.arn, ruleName: rule.name, ingestionTime }));
    return 'DONE';
  } catch (thrown) {
    const { code, message } = failureOf(thrown);
    const retryInMs = jittered(Math.min(FIRST_RETRY_MS * 2 ** item.failures, MAX_RETRY_MS));
    const exhausted = isPermanent(code)
      ? 'NONE'
      : exhaustedCondition(target, item, clock.now() + retryInMs - item.addedAtMs);
    if (!exhausted) return { retryInMs };
    giveUp(event, target, lost, {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.arn,
      ERROR_CODE: code,
      ERROR_MESSAGE: message,
      ...(exhausted !== 'NONE' && { EXHAUSTED_RETRY_CONDITION: exhausted }),
      RETRY_ATTEMPTS: String(item.failures),
    });
    return 'DONE';
  }
}

function exhaustedCondition({ retryPolicy }: RuleTarget, { failures }: QueuedItem, ageMs: number) {
  if (failures >= (retryPolicy?.maximumRetryAttempts ?? DEFAULT_RETRY_ATTEMPTS))
    return 'MaximumRetryAttempts';
  const maxAgeSeconds = retryPolicy?.maximumEventAgeInSeconds ?? DEFAULT_MAX_AGE_SECONDS;
  return ageMs > maxAgeSeconds * 1000 ? 'MaximumEventAgeInSeconds' : undefined;
}

function giveUp(
  event: FullEvent,
  { deadLetterArn }: RuleTarget,
  { sendToQueue, logger }: LostEvents,
  attributes: Record<string, string>,
): void {
  const loss = `EventBridge: event [${event.id}] (${event['detail-type']}) was not delivered: ${JSON.stringify(attributes)}`;
  if (deadLetterArn === undefined) {
    logger.error(`${loss}; the target has no dead-letter queue`);
    return;
  }
  try {
    sendToQueue(deadLetterArn, JSON.stringify(event), attributes);
  } catch (cause) {
    logger.error(`${loss}, and could not be sent to the dead-letter queue [${deadLetterArn}]`, cause);
  }
}

function jittered(ms: number): number {
  return Math.ceil(ms * (0.5 + Math.random() / 2));
}
