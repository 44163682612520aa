import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { type Clock, systemClock } from '../common/clock.ts';
import { BodyTooLarge } from '../common/request-body.ts';
import type { Principal } from '../iam/credentials.ts';
import type { IsAllowed } from '../iam/iam.ts';
import type { SignatureError } from '../iam/signature-error.ts';
import { readSigned } from '../iam/signed-request.ts';
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

/** Standard queues. */
export type Sqs = {
  /** Answers a request of the API in AWS JSON 1.0. Never rejects. */
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /**
   * Puts a message into a queue, as a service of AWS does: one INSERT, so it may be called within
   * an open transaction on the database. An attribute is of the type String or Number as its value
   * is; SQS knows no empty ones, so those are left out. Throws `SqsError` `QueueDoesNotExist`.
   */
  send(queueArn: string, body: string, attributes: Record<string, string | number>): void;
};

/** JSON's escapes make up to three bytes of one: every message that SQS takes must get through. */
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
 * Serves standard queues whose messages are kept in the database.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
 */
export function createSqs({
  queues,
  database,
  verify,
  isAllowed,
  onDefect = console.error,
  clock = systemClock,
}: {
  queues: Queue[];
  database: DatabaseSync;
  verify: SignatureVerifier['verify'];
  /** Whether the policies of a role allow an action on a resource. */
  isAllowed: IsAllowed;
  /** Gets an error that no caller can do anything about. @default console.error */
  onDefect?: (error: unknown) => void;
  clock?: Clock;
}): Sqs {
  const store = createMessageStore(database, clock.now);
  const byArn = new Map(queues.map((queue) => [queue.arn, queue]));
  const byName = new Map(queues.map((queue) => [queue.name, queue]));
  /** Has an event of the name of a queue's ARN whenever something comes into it. */
  const arrivals = new EventEmitter().setMaxListeners(0);

  async function answer(request: IncomingMessage, isHeard: () => boolean): Promise<object> {
    const { principal, body } = await readSigned(request, {
      service: 'sqs',
      maxBytes: MAX_BODY_BYTES,
      verify,
    });
    const [, name = ''] = /^AmazonSQS\.(\w+)$/.exec(String(request.headers['x-amz-target'])) ?? [];
    const operation = OPERATIONS.get(name);
    if (!operation)
      throw sqsErrors.unsupported(name ? `The operation ${name}` : 'A request without X-Amz-Target');
    const parameters = parsed(body);
    const queue = queueOf(read(QueueRequest, parameters).QueueUrl);
    const action = `sqs:${name}`;
    if (!isAllowed(principal.roleArn, action, queue.arn)) throw accessDenied(principal, action, queue.arn);
    return operation(parameters, {
      queue,
      store,
      now: clock.now,
      announce: () => arrivals.emit(queue.arn),
      arrival: (ms) => arrivalAt(queue.arn, ms),
      isHeard,
    });
  }

  function queueOf(url: string | null | undefined): Queue {
    if (!url) throw sqsErrors.missingParameter('QueueUrl');
    const queue = byName.get(url.slice(url.lastIndexOf('/') + 1));
    if (!queue) throw sqsErrors.queueDoesNotExist();
    return queue;
  }

  async function arrivalAt(queueArn: string, ms: number): Promise<void> {
    const timeout = new AbortController();
    const stop = clock.after(ms, () => timeout.abort());
    // Either the event comes or the abort, which is no failure.
    await once(arrivals, queueArn, { signal: timeout.signal }).catch(() => {});
    stop();
  }

  return {
    async handleRequest(request, response) {
      let status = 200;
      let body: object;
      try {
        body = await answer(request, () => !response.destroyed);
      } catch (error) {
        const refusal = refusalOf(error);
        // A client that went away in the middle of its body is no defect.
        if (!refusal && error !== request.errored) onDefect(error);
        status = refusal?.status ?? 500;
        const { code, queryCode, message } = refusal ?? DEFECT;
        response.setHeader('x-amzn-query-error', `${queryCode};${status < 500 ? 'Sender' : 'Receiver'}`);
        body = { __type: `com.amazonaws.sqs#${code}`, message };
      }
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.0',
        'x-amzn-requestid': randomUUID(),
      });
      response.end(JSON.stringify(body));
    },
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

const DEFECT = {
  code: 'InternalFailure',
  queryCode: 'InternalFailure',
  message: 'SQS failed; the log says why.',
};

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new SqsError('SerializationException', 'the body of the request is no JSON');
  }
}

function accessDenied({ roleArn, sessionName }: Principal, action: string, resource: string): SqsError {
  const user = `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${sessionName}`;
  return new SqsError(
    'AccessDenied',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
    { status: 403 },
  );
}

function refusalOf(error: unknown): Pick<SqsError, 'code' | 'queryCode' | 'status' | 'message'> | undefined {
  if (error instanceof SqsError) return error;
  if (error instanceof BodyTooLarge) {
    // The name and the status of AWS's front ends; what SQS says has no source.
    const code = 'RequestEntityTooLargeException';
    return { code, queryCode: code, status: 413, message: error.message };
  }
  if (!(error instanceof Error) || error.name !== 'SignatureError') return undefined;
  const { code, status, message } = error as SignatureError;
  return { code, queryCode: code, status, message };
}
