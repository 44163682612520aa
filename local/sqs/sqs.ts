import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { AwsError } from '../common/aws-error.ts';
import { type Clock, systemClock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import { type AwsJsonService, createAwsJsonHandler } from '../iam/aws-json.ts';
import type { IsAllowed } from '../iam/iam.ts';
import type { SignatureVerifier } from '../iam/sigv4.ts';
import { changeMessageVisibility } from './ChangeMessageVisibility.ts';
import { deleteMessage } from './DeleteMessage.ts';
import { getQueueAttributes } from './GetQueueAttributes.ts';
import { createMessageStore } from './message-store.ts';
import { MAX_MESSAGE_BYTES, type Operation, type Queue, read } from './operation.ts';
import { purgeQueue } from './PurgeQueue.ts';
import { receiveMessage } from './ReceiveMessage.ts';
import { sendMessage } from './SendMessage.ts';
import { SqsError, sqsErrors } from './sqs-error.ts';

/** The standard queues of the template. */
export type Sqs = {
  /** Handles a request of the API in AWS JSON 1.0. Never rejects. */
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Replaces the queues. Messages stay in the database, also those of a queue that is gone. */
  update(queues: readonly Queue[]): void;
  /**
   * Sends a message as a service of AWS does. It runs one INSERT, so it may be called within an
   * open transaction on the database. The type of an attribute is that of its value, String or
   * Number. Empty attributes are omitted, because SQS has none. Throws `SqsError`
   * `QueueDoesNotExist`.
   */
  send(queueArn: string, body: string, attributes: Record<string, string | number>): void;
};

/** JSON escapes may triple the size of a message, and the largest one must still fit. */
const MAX_BODY_BYTES = 4 * MAX_MESSAGE_BYTES;

const OPERATIONS = new Map<string, Operation>([
  ['ChangeMessageVisibility', changeMessageVisibility],
  ['DeleteMessage', deleteMessage],
  ['GetQueueAttributes', getQueueAttributes],
  ['PurgeQueue', purgeQueue],
  ['ReceiveMessage', receiveMessage],
  ['SendMessage', sendMessage],
]);

/**
 * Serves standard queues whose messages are stored in the database.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
 */
export function createSqs({
  queues,
  database,
  verifier,
  isAllowed,
  logger = console,
  clock = systemClock,
}: {
  queues: readonly Queue[];
  database: DatabaseSync;
  verifier: SignatureVerifier;
  isAllowed: IsAllowed;
  /** Receives internal errors. @default console */
  logger?: Logger;
  clock?: Clock;
}): Sqs {
  const store = createMessageStore(database, clock.now);
  let byArn = new Map<string, Queue>();
  let byName = new Map<string, Queue>();
  /** Emits an event named after a queue's ARN when a message arrives in it. */
  const arrivals = new EventEmitter().setMaxListeners(0);

  const api: AwsJsonService = {
    name: 'SQS',
    signingName: 'sqs',
    targetPrefix: 'AmazonSQS',
    maxBodyBytes: MAX_BODY_BYTES,
    accessDenied: { code: 'AccessDenied', status: 403 },
    internalError: new AwsError(
      'InternalFailure',
      500,
      'SQS: internal error. See the log of the local runtime.',
    ),
    errorNamespace: 'com.amazonaws.sqs#',
    errorHeaders: (error) => ({
      'x-amzn-query-error': `${queryCodeOf(error)};${error.status < 500 ? 'Sender' : 'Receiver'}`,
    }),
    operation(name) {
      const operation = OPERATIONS.get(name);
      if (!operation)
        throw sqsErrors.unsupported(name ? `The operation ${name}` : 'A request without X-Amz-Target');
      return (parameters, { authorize, isConnected }) => {
        const queue = queueOf(read(QueueRequest, parameters).QueueUrl);
        authorize(queue.arn);
        return operation(parameters, {
          queue,
          store,
          now: clock.now,
          notifyArrival: () => arrivals.emit(queue.arn),
          arrival: (ms) => arrivalAt(queue.arn, ms),
          isConnected,
        });
      };
    },
  };

  function queueOf(url: string | null | undefined): Queue {
    if (!url) throw sqsErrors.missingParameter('QueueUrl');
    const queue = byName.get(url.slice(url.lastIndexOf('/') + 1));
    if (!queue) throw sqsErrors.queueDoesNotExist();
    return queue;
  }

  async function arrivalAt(queueArn: string, ms: number): Promise<void> {
    const timeout = new AbortController();
    const stop = clock.after(ms, () => timeout.abort());
    // An abort means that the time is over, which is not a failure.
    await once(arrivals, queueArn, { signal: timeout.signal }).catch(() => {});
    stop();
  }

  function update(all: readonly Queue[]): void {
    byArn = new Map(all.map((queue) => [queue.arn, queue]));
    byName = new Map(all.map((queue) => [queue.name, queue]));
  }

  update(queues);
  return {
    update,
    handleRequest: createAwsJsonHandler(api, { verifier, isAllowed, logger }),
    send(queueArn, body, attributes) {
      if (!byArn.has(queueArn)) throw sqsErrors.queueDoesNotExist();
      const entries = Object.entries(attributes)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => {
          const DataType = typeof value === 'number' ? 'Number' : 'String';
          return [name, { DataType, StringValue: String(value) }];
        });
      store.add(queueArn, { body, attributes: Object.fromEntries(entries), delayMs: 0 });
      arrivals.emit(queueArn);
    },
  };
}

const QueueRequest = z.object({ QueueUrl: z.string().nullish() });

function queryCodeOf(error: AwsError): string {
  return error instanceof SqsError ? error.queryCode : error.code;
}
