import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '../common/clock.ts';
import { DurableQueue, type Outcome, type QueuedItem } from '../common/durable-queue.ts';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import type { Logger } from '../common/logger.ts';
import { deadLetterAttributes, type FailedEvent, invocationRecord } from './invocation-record.ts';

/**
 * The settings of a function's asynchronous invocations: its `AWS::Lambda::EventInvokeConfig` and
 * its `DeadLetterConfig`. The destinations are SQS queues.
 */
export type AsyncInvokeConfig = {
  functionArn: string;
  maximumRetryAttempts?: number;
  maximumEventAgeInSeconds?: number;
  onFailureArn?: string;
  deadLetterArn?: string;
  /** The function's role, which needs permission to send to them. */
  roleArn?: string;
};

/** Lambda's queue of asynchronous invocations. */
export type AsyncInvoke = {
  /**
   * Stores the event for the function. It runs one INSERT, so it may be called within an open
   * transaction on the database, and takes effect when that is committed.
   */
  enqueue(functionArn: string, payload: unknown): void;
  /** Replaces the settings, also for the stored events. */
  update(configs: readonly AsyncInvokeConfig[]): void;
  /** Starts to invoke functions, first with events left over from an earlier run. */
  start(): void;
  /** Returns the number of stored events, including those waiting for a retry. */
  pendingCount(): number;
  /** Resolves when no event is stored. */
  idle(): Promise<void>;
  /** Waits for the invocations in progress. The other events stay stored for the next start. */
  close(): Promise<void>;
};

type StoredEvent = { functionArn: string; requestId: string; payload: unknown };

const MAX_IN_FLIGHT = 64;
const DEFAULT_RETRY_ATTEMPTS = 2;
const DEFAULT_MAX_AGE_SECONDS = 21_600;
/** Lambda waits one minute, then two. */
const FIRST_RETRY_MS = 1_000;
/** Lambda's first delay of this kind, which then grows to five minutes. */
const SYSTEM_RETRY_MS = 1_000;
/** Throttling and failures of Lambda itself, also under the names of injected faults. */
const SYSTEM_ERROR = /^(Lambda\.)?(TooManyRequestsException|ServiceException)$/;

/**
 * Invokes functions with the events of other services, at least once each, also across a crash.
 *
 * A failed event is retried under the same request id, after one second and then after two (or as
 * `MaximumRetryAttempts` says). An event that Lambda throttles, or fails on itself, is retried
 * until it is too old. Then a record of it goes to the function's on-failure destination, and the
 * event to its dead-letter queue. If there is neither, the event is logged.
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
  configs: readonly AsyncInvokeConfig[];
  invoke: InvokeLambda;
  /** Throws if the role may not send to the queue, or it does not exist. */
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
  let configOf = byFunction(configs);
  const queue = new DurableQueue({
    database,
    table: 'lambda_async_events',
    maxInFlight: MAX_IN_FLIGHT,
    handle: invokeOnce,
    clock,
  });

  async function invokeOnce(item: QueuedItem): Promise<Outcome> {
    const event: StoredEvent = JSON.parse(item.payload);
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
      const event: StoredEvent = { functionArn, requestId: randomUUID(), payload };
      queue.add(JSON.stringify(event));
    },
    update(configs) {
      configOf = byFunction(configs);
    },
    start: () => queue.start(),
    pendingCount: () => queue.pendingCount(),
    idle: () => queue.idle(),
    close: () => queue.close(),
  };
}

function byFunction(configs: readonly AsyncInvokeConfig[]): ReadonlyMap<string, AsyncInvokeConfig> {
  return new Map(configs.map((config) => [config.functionArn, config]));
}
