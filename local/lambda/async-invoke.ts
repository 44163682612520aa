import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '../common/clock.ts';
import { createDurableQueue, type Outcome, type QueuedItem } from '../common/durable-queue.ts';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import type { Logger } from '../common/logger.ts';
import { deadLetterAttributes, type FailedEvent, invocationRecord } from './invocation-record.ts';

/**
 * How a function is invoked asynchronously: its `AWS::Lambda::EventInvokeConfig` and its
 * `DeadLetterConfig`, which are SQS queues.
 */
export type AsyncInvokeConfig = {
  functionArn: string;
  maximumRetryAttempts?: number;
  maximumEventAgeInSeconds?: number;
  onFailureArn?: string;
  deadLetterArn?: string;
  /** The function's role, which must have the right to send to them. */
  roleArn?: string;
};

/** Lambda's queue of asynchronous invocations. */
export type AsyncInvoke = {
  /**
   * Keeps the event for the function: one INSERT, so it may be called within an open transaction on
   * the database, and counts if that is committed.
   */
  enqueue(functionArn: string, payload: unknown): void;
  /** Begins to invoke, with what an earlier run has left over first. */
  start(): void;
  /** How many events are kept, among them those that wait for a retry. */
  pendingCount(): number;
  /** Resolves when no event is kept. */
  idle(): Promise<void>;
  /** Waits for the invocations under way; the other events stay for the next start. */
  close(): Promise<void>;
};

type KeptEvent = { functionArn: string; requestId: string; payload: unknown };

const MAX_IN_FLIGHT = 64;
const DEFAULT_RETRY_ATTEMPTS = 2;
const DEFAULT_MAX_AGE_SECONDS = 21_600;
/** Lambda waits one minute, then two. */
const FIRST_RETRY_MS = 1_000;
/** Lambda's first wait of this kind, which then grows to five minutes. */
const SYSTEM_RETRY_MS = 1_000;
/** Throttling and failures of Lambda itself, also under the names of injected faults. */
const SYSTEM_ERROR = /^(Lambda\.)?(TooManyRequestsException|ServiceException)$/;

/**
 * Invokes functions with the events that other services hand over, at least once each, also over a
 * crash.
 *
 * An event that its function fails on is tried again, under the same request id, after one second
 * and then after two (or as `MaximumRetryAttempts` says); one that Lambda throttles, or fails on
 * itself, comes again until it is too old. Then a record of it goes to the function's on-failure
 * destination, and the event to its dead-letter queue; where there is neither, the event is logged.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function createAsyncInvoke({
  configs,
  invoke,
  sendToQueue,
  logger = console,
  database,
  clock = systemClock,
}: {
  configs: AsyncInvokeConfig[];
  invoke: InvokeLambda;
  /** Throws where the role may not send to the queue, or there is none. */
  sendToQueue(
    queueArn: string,
    body: string,
    attributes: Record<string, string | number>,
    roleArn: string | undefined,
  ): void;
  /** Receives each event that is lost. @default console */
  logger?: Logger;
  database: DatabaseSync;
  clock?: Clock;
}): AsyncInvoke {
  const configOf = new Map(configs.map((config) => [config.functionArn, config]));
  const queue = createDurableQueue({
    database,
    table: 'lambda_async_events',
    maxInFlight: MAX_IN_FLIGHT,
    handle: invokeOnce,
    clock,
  });

  async function invokeOnce(item: QueuedItem): Promise<Outcome> {
    const event: KeptEvent = JSON.parse(item.payload);
    const { functionArn, requestId, payload } = event;
    const result = await invoke(functionArn, payload, undefined, requestId);
    if (result.ok) return 'DONE';

    const config = configOf.get(functionArn);
    const {
      maximumRetryAttempts = DEFAULT_RETRY_ATTEMPTS,
      maximumEventAgeInSeconds = DEFAULT_MAX_AGE_SECONDS,
    } = config ?? {};
    const isFunctionError = !SYSTEM_ERROR.test(result.error.errorType);
    const waitMs = isFunctionError ? FIRST_RETRY_MS * 2 ** item.failures : SYSTEM_RETRY_MS;
    const isExhausted = isFunctionError && item.failures >= maximumRetryAttempts;
    const isTooOld = clock.now() + waitMs - item.addedAtMs > maximumEventAgeInSeconds * 1000;
    if (!isExhausted && !isTooOld) return isFunctionError ? { retryInMs: waitMs } : { againInMs: waitMs };
    const condition = isExhausted ? 'RetriesExhausted' : 'EventAgeExceeded';
    giveUp({ ...event, condition, invokeCount: item.failures + 1, error: result.error }, config);
    return 'DONE';
  }

  function giveUp(
    failed: FailedEvent,
    { onFailureArn, deadLetterArn, roleArn }: Partial<AsyncInvokeConfig> = {},
  ): void {
    const { requestId, functionArn, payload, error } = failed;
    const loss = `Lambda: event [${requestId}] of [${functionArn}] failed (${error.errorType}: ${error.errorMessage})`;
    const send = (arn: string, body: unknown, attributes: Record<string, string | number>) => {
      try {
        sendToQueue(arn, JSON.stringify(body), attributes, roleArn);
      } catch (cause) {
        logger.error(`${loss}, and could not be sent to [${arn}]`, cause);
      }
    };
    if (onFailureArn !== undefined) send(onFailureArn, invocationRecord(failed, new Date(clock.now())), {});
    if (deadLetterArn !== undefined) send(deadLetterArn, payload, deadLetterAttributes(failed));
    if (onFailureArn === undefined && deadLetterArn === undefined) {
      logger.error(`${loss}; the function has no destination for failed events`);
    }
  }

  return {
    enqueue(functionArn, payload) {
      const event: KeptEvent = { functionArn, requestId: randomUUID(), payload };
      queue.add(JSON.stringify(event));
    },
    start: queue.start,
    pendingCount: queue.pendingCount,
    idle: queue.idle,
    close: queue.close,
  };
}
