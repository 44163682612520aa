import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCredentials } from '../credentials.ts';
import { createManualClock, type ManualClock } from '../eventbridge/manual-clock.ts';
import { createSignatureVerifier, NodeSha256 } from '../sigv4.ts';
import { createSqs, type Sqs } from './sqs.ts';

const region = 'us-east-1';
const roleArn = 'arn:aws:iam::000000000000:role/Operator';
const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const credentials = createCredentials();
const session = credentials.issue(roleArn, 'desk');

let folder = '';
let file = '';
let database: DatabaseSync;
let clock: ManualClock;
let sqs: Sqs;
let server: Server;
let origin = '';
let count = 0;
let allowed: (action: string, resource: string) => boolean;
let defects: unknown[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqs-'));
  server = createServer((request, response) => void sqs.handleRequest(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  file = join(folder, `${count++}.sqlite`);
  clock = createManualClock();
  allowed = () => true;
  defects = [];
  open();
});
afterEach(() => expect(defects).toEqual([]));
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

function open(): void {
  database = new DatabaseSync(file);
  sqs = createSqs({
    queues: [
      { name: 'dead-letters', arn: arnOf('dead-letters'), url: urlOf('dead-letters') },
      {
        name: 'other',
        arn: arnOf('other'),
        url: urlOf('other'),
        visibilityTimeoutSeconds: 5,
        retentionSeconds: 60,
      },
    ],
    database,
    verify: createSignatureVerifier(credentials, { region }).verify,
    isAllowed: (role, action, resource) => role === roleArn && allowed(action, resource),
    onDefect: (error) => defects.push(error),
    clock,
  });
}

function urlOf(name: string): string {
  return `${origin}/sqs/000000000000/${name}`;
}

/** Sends a request as an SDK does, signed. */
async function request(operation: string, body: string, init: { signal?: AbortSignal; key?: string } = {}) {
  const { host, hostname, port } = new URL(origin);
  const signer = new SignatureV4({
    credentials: { ...session, ...(init.key && { secretAccessKey: init.key }) },
    region,
    service: 'sqs',
    sha256: NodeSha256,
  });
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: '/sqs/',
      headers: {
        host,
        'content-type': 'application/x-amz-json-1.0',
        ...(operation && { 'x-amz-target': operation }),
      },
      body,
    }),
  );
  const { host: _, ...headers } = signed.headers;
  return fetch(`${origin}/sqs/`, {
    method: 'POST',
    headers,
    body,
    ...(init.signal && { signal: init.signal }),
  });
}

async function call(operation: string, parameters: object, queue = 'dead-letters') {
  const response = await request(
    `AmazonSQS.${operation}`,
    JSON.stringify({ QueueUrl: urlOf(queue), ...parameters }),
  );
  return response.json();
}

const receive = async (parameters: object = {}, queue?: string) =>
  (await call('ReceiveMessage', { MaxNumberOfMessages: 10, ...parameters }, queue)).Messages ?? [];
const bodies = async (parameters: object = {}, queue?: string) =>
  (await receive(parameters, queue)).map(({ Body }: { Body: string }) => Body);
const attributesOf = async (queue?: string) =>
  (await call('GetQueueAttributes', { AttributeNames: ['All'] }, queue)).Attributes;

describe('a message', () => {
  test('is received as it was sent, with the digests that clients compare', async () => {
    const sent = await call('SendMessage', {
      MessageBody: 'msg',
      MessageAttributes: { Foo: { DataType: 'String', StringValue: 'Bar' } },
    });
    expect(sent).toEqual({
      MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      MD5OfMessageBody: '6e2baaf3b97dbeef01c0043275f9a0e7',
      MD5OfMessageAttributes: 'ae7155c6026991b6d54b11589678bf9c',
    });
    clock.advance(1000);
    const sentAtMs = clock.now() - 1000;
    expect(await receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] })).toEqual([
      {
        MessageId: sent.MessageId,
        ReceiptHandle: expect.any(String),
        Body: 'msg',
        MD5OfBody: '6e2baaf3b97dbeef01c0043275f9a0e7',
        Attributes: {
          SentTimestamp: `${sentAtMs}`,
          ApproximateFirstReceiveTimestamp: `${sentAtMs + 1000}`,
          ApproximateReceiveCount: '1',
        },
        MessageAttributes: { Foo: { DataType: 'String', StringValue: 'Bar' } },
        MD5OfMessageAttributes: 'ae7155c6026991b6d54b11589678bf9c',
      },
    ]);
  });

  test('comes without attributes that are not asked for', async () => {
    await call('SendMessage', {
      MessageBody: 'msg',
      MessageAttributes: { Foo: { DataType: 'String', StringValue: 'x' } },
    });
    const [message] = await receive({ AttributeNames: ['SentTimestamp'] });
    expect(Object.keys(message)).toEqual(['MessageId', 'ReceiptHandle', 'MD5OfBody', 'Body', 'Attributes']);
    expect(Object.keys(message.Attributes)).toEqual(['SentTimestamp']);
  });

  test('is hidden after a receive until the visibility timeout of the queue or the request is over', async () => {
    await call('SendMessage', { MessageBody: 'a' });
    expect(await bodies()).toEqual(['a']);
    clock.advance(29_999);
    expect(await bodies()).toEqual([]);
    clock.advance(1);
    expect(await bodies({ VisibilityTimeout: 1 })).toEqual(['a']);
    clock.advance(1000);
    expect(await receive({ AttributeNames: ['All'] })).toMatchObject([
      {
        Attributes: {
          ApproximateReceiveCount: '3',
          ApproximateFirstReceiveTimestamp: `${clock.now() - 31_000}`,
        },
      },
    ]);
    await call('SendMessage', { MessageBody: 'b' }, 'other');
    expect(await bodies({}, 'other')).toEqual(['b']);
    clock.advance(5000);
    expect(await bodies({}, 'other')).toEqual(['b']);
  });

  test('is gone after it was deleted with its last receipt, and deleting it again is no error', async () => {
    await call('SendMessage', { MessageBody: 'a' });
    const [first] = await receive({ VisibilityTimeout: 0 });
    const [second] = await receive({ VisibilityTimeout: 0 });
    await call('DeleteMessage', { ReceiptHandle: first.ReceiptHandle });
    expect((await attributesOf()).ApproximateNumberOfMessages).toBe('1');
    for (let i = 0; i < 2; i++) {
      expect(await call('DeleteMessage', { ReceiptHandle: second.ReceiptHandle })).toEqual({});
    }
    expect((await attributesOf()).ApproximateNumberOfMessages).toBe('0');
  });

  test('can be hidden longer, or given back, while it is in flight', async () => {
    await call('SendMessage', { MessageBody: 'a' });
    const [{ ReceiptHandle }] = await receive();
    await call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 60 });
    clock.advance(59_000);
    expect(await bodies()).toEqual([]);
    await call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 0 });
    expect(await call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 9 })).toMatchObject({
      __type: 'com.amazonaws.sqs#MessageNotInflight',
    });
    expect(await bodies()).toEqual(['a']);
  });

  test('with a delay is received after it', async () => {
    await call('SendMessage', { MessageBody: 'later', DelaySeconds: 10 });
    expect(await attributesOf()).toMatchObject({
      ApproximateNumberOfMessagesDelayed: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessages: '0',
    });
    expect(await bodies()).toEqual([]);
    clock.advance(10_000);
    expect(await bodies()).toEqual(['later']);
  });

  test('is forgotten when the queue no longer retains it', async () => {
    await call('SendMessage', { MessageBody: 'a' }, 'other');
    await call('SendMessage', { MessageBody: 'a' });
    clock.advance(60_000);
    expect(await bodies({}, 'other')).toEqual([]);
    clock.advance(345_600_000 - 60_001);
    expect(await bodies({ VisibilityTimeout: 0 })).toEqual(['a']);
    clock.advance(1);
    expect(await bodies()).toEqual([]);
  });

  test('is there after a restart', async () => {
    await call('SendMessage', { MessageBody: 'a' });
    database.close();
    open();
    expect(await bodies()).toEqual(['a']);
  });
});

describe('a queue', () => {
  test('gives at most so many messages as are asked for, the oldest first, and only its own', async () => {
    for (const body of ['1', '2', '3']) await call('SendMessage', { MessageBody: body });
    await call('SendMessage', { MessageBody: 'x' }, 'other');
    expect(await bodies({ MaxNumberOfMessages: undefined })).toEqual(['1']);
    expect(await bodies({ MaxNumberOfMessages: 2 })).toEqual(['2', '3']);
  });

  test('tells its counts and settings', async () => {
    await call('SendMessage', { MessageBody: '1' }, 'other');
    await call('SendMessage', { MessageBody: '2' }, 'other');
    await receive({ MaxNumberOfMessages: 1 }, 'other');
    expect(await attributesOf('other')).toEqual({
      QueueArn: arnOf('other'),
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '0',
      VisibilityTimeout: '5',
      MessageRetentionPeriod: '60',
      MaximumMessageSize: '1048576',
      DelaySeconds: '0',
      ReceiveMessageWaitTimeSeconds: '0',
    });
    expect(await call('GetQueueAttributes', { AttributeNames: ['QueueArn'] })).toEqual({
      Attributes: { QueueArn: arnOf('dead-letters') },
    });
    expect(await call('GetQueueAttributes', {})).toEqual({});
  });

  test('is empty after a purge, and another is not', async () => {
    for (const queue of ['other', 'dead-letters']) await call('SendMessage', { MessageBody: '1' }, queue);
    expect(await call('PurgeQueue', {})).toEqual({});
    expect([await bodies(), await bodies({}, 'other')]).toEqual([[], ['1']]);
  });
});

describe('a receive that waits', () => {
  /** Resolves when a request waits on the clock. */
  const waiting = async () => {
    while (clock.waitingCount() === 0) await new Promise(setImmediate);
  };

  test('is answered as soon as a message comes, from a client or a service', async () => {
    for (const send of [
      () => call('SendMessage', { MessageBody: 'a' }),
      async () => sqs.send(arnOf('dead-letters'), 'a', {}),
    ]) {
      const received = bodies({ WaitTimeSeconds: 20 });
      await waiting();
      await send();
      expect(await received).toEqual(['a']);
      expect(clock.waitingCount()).toBe(0);
    }
  });

  test('is answered when a hidden message comes back, and with nothing when its time is over', async () => {
    await call('SendMessage', { MessageBody: 'a' }, 'other');
    await receive({}, 'other');
    for (const [expected, afterMs] of [
      [['a'], 5000],
      [[], 2000],
    ]) {
      const startedAtMs = clock.now();
      const received = bodies({ WaitTimeSeconds: afterMs === 5000 ? 20 : 2 }, 'other');
      await waiting();
      clock.advanceToNext();
      expect([await received, clock.now() - startedAtMs]).toEqual([expected, afterMs]);
    }
  });

  test('is answered when another receiver gives its message back', async () => {
    await call('SendMessage', { MessageBody: 'a' });
    const [{ ReceiptHandle }] = await receive();
    const received = bodies({ WaitTimeSeconds: 20 });
    await waiting();
    await call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 0 });
    expect(await received).toEqual(['a']);
  });

  test('takes no message once its client is gone', async () => {
    const controller = new AbortController();
    const parameters = { QueueUrl: urlOf('dead-letters'), WaitTimeSeconds: 20 };
    const closed = new Promise<void>((resolve) => {
      server.once('request', (_, response) => response.once('close', () => resolve()));
    });
    const received = request('AmazonSQS.ReceiveMessage', JSON.stringify(parameters), {
      signal: controller.signal,
    });
    await waiting();
    controller.abort();
    await expect(received).rejects.toThrow();
    await closed;
    await call('SendMessage', { MessageBody: 'a' });
    expect(await bodies()).toEqual(['a']);
  });
});

describe('a service of AWS', () => {
  test('sends with the attributes that it gives, but for empty ones', async () => {
    sqs.send(arnOf('dead-letters'), '{"id":1}', { RULE_ARN: 'arn', ErrorCode: 200, ERROR_MESSAGE: '' });
    const [message] = await receive({ MessageAttributeNames: ['All'] });
    expect(message.Body).toBe('{"id":1}');
    expect(message.MessageAttributes).toEqual({
      RULE_ARN: { DataType: 'String', StringValue: 'arn' },
      ErrorCode: { DataType: 'Number', StringValue: '200' },
    });
  });

  test('sends nothing if its transaction is rolled back', async () => {
    database.exec('BEGIN');
    sqs.send(arnOf('dead-letters'), 'a', {});
    database.exec('ROLLBACK');
    expect(await bodies()).toEqual([]);
  });

  test('cannot send to a queue that is not there', () => {
    expect(() => sqs.send(arnOf('missing'), 'a', {})).toThrow(
      expect.objectContaining({ name: 'SqsError', code: 'QueueDoesNotExist' }),
    );
  });
});

describe('a request that is refused', () => {
  type Refusal = {
    operation: string;
    parameters: object;
    code: string;
    message: string | RegExp;
    status?: number;
    queryCode?: string;
  };
  const refusals: Refusal[] = [
    {
      operation: 'SendMessage',
      parameters: { QueueUrl: 'http://localhost/sqs/missing', MessageBody: 'a' },
      code: 'QueueDoesNotExist',
      queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
      message: 'The specified queue does not exist.',
    },
    {
      operation: 'SendMessage',
      parameters: { QueueUrl: null, MessageBody: 'a' },
      code: 'MissingParameter',
      message: 'The request must contain the parameter QueueUrl.',
    },
    {
      operation: 'SendMessage',
      parameters: {},
      code: 'MissingParameter',
      message: 'The request must contain the parameter MessageBody.',
    },
    {
      operation: 'SendMessage',
      parameters: { MessageBody: 5 },
      code: 'SerializationException',
      message: /^MessageBody: /,
    },
    {
      operation: 'SendMessage',
      parameters: { MessageBody: 'x'.repeat(1_048_577) },
      code: 'InvalidParameterValue',
      message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
    },
    {
      operation: 'SendMessage',
      parameters: {
        MessageBody: 'x'.repeat(1_048_570),
        MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
      },
      code: 'InvalidParameterValue',
      message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
    },
    {
      operation: 'SendMessage',
      parameters: { MessageBody: 'a\u0000' },
      code: 'InvalidMessageContents',
      message: /^Invalid binary character '#x0' was found/,
    },
    {
      operation: 'SendMessage',
      parameters: { MessageBody: 'a', DelaySeconds: 901 },
      code: 'InvalidParameterValue',
      message:
        'Value 901 for parameter DelaySeconds is invalid. Reason: Must be between 0 and 900, if provided.',
    },
    {
      operation: 'SendMessage',
      parameters: { MessageBody: 'a', MessageAttributes: { a: { DataType: 'Text' } } },
      code: 'InvalidParameterValue',
      message: /^The type of message/,
    },
    {
      operation: 'SendMessage',
      parameters: { MessageBody: 'a', MessageGroupId: 'g' },
      code: 'UnsupportedOperation',
      queryCode: 'AWS.SimpleQueueService.UnsupportedOperation',
      message: 'The parameter MessageGroupId is not supported by the local runtime.',
    },
    {
      operation: 'ReceiveMessage',
      parameters: { MaxNumberOfMessages: 11 },
      code: 'InvalidParameterValue',
      message:
        'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    },
    {
      operation: 'ReceiveMessage',
      parameters: { WaitTimeSeconds: 21 },
      code: 'InvalidParameterValue',
      message: /WaitTimeSeconds/,
    },
    {
      operation: 'ReceiveMessage',
      parameters: { VisibilityTimeout: 43_201 },
      code: 'InvalidParameterValue',
      message: /VisibilityTimeout/,
    },
    {
      operation: 'ReceiveMessage',
      parameters: { ReceiveRequestAttemptId: 'a' },
      code: 'UnsupportedOperation',
      queryCode: 'AWS.SimpleQueueService.UnsupportedOperation',
      message: /ReceiveRequestAttemptId/,
    },
    {
      operation: 'DeleteMessage',
      parameters: {},
      code: 'MissingParameter',
      message: 'The request must contain the parameter ReceiptHandle.',
    },
    {
      operation: 'DeleteMessage',
      parameters: { ReceiptHandle: 'x' },
      status: 404,
      code: 'ReceiptHandleIsInvalid',
      message: 'The input receipt handle "x" is not a valid receipt handle.',
    },
    {
      operation: 'ChangeMessageVisibility',
      parameters: { ReceiptHandle: randomUUID() },
      code: 'MissingParameter',
      message: 'The request must contain the parameter VisibilityTimeout.',
    },
    {
      operation: 'ChangeMessageVisibility',
      parameters: { ReceiptHandle: randomUUID(), VisibilityTimeout: 1 },
      code: 'MessageNotInflight',
      queryCode: 'AWS.SimpleQueueService.MessageNotInflight',
      message: /Message does not exist/,
    },
    {
      operation: 'GetQueueAttributes',
      parameters: { AttributeNames: ['Foo'] },
      code: 'InvalidAttributeName',
      message: 'Unknown Attribute Foo.',
    },
    {
      operation: 'CreateQueue',
      parameters: {},
      code: 'UnsupportedOperation',
      queryCode: 'AWS.SimpleQueueService.UnsupportedOperation',
      message: 'The operation CreateQueue is not supported by the local runtime.',
    },
  ];

  test.each(refusals)(
    '$operation is answered with $code: $message',
    async ({ operation, parameters, code, message, status = 400, queryCode = code }) => {
      const body = JSON.stringify({ QueueUrl: urlOf('dead-letters'), ...parameters });
      const response = await request(`AmazonSQS.${operation}`, body);
      expect([response.status, response.headers.get('x-amzn-query-error')]).toEqual([
        status,
        `${queryCode};Sender`,
      ]);
      expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.0');
      expect(await response.json()).toEqual({
        __type: `com.amazonaws.sqs#${code}`,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      });
    },
  );

  test('because it is in the older query protocol says so', async () => {
    const response = await request('', 'Action=SendMessage&MessageBody=a');
    expect(await response.json()).toMatchObject({
      message: 'A request without X-Amz-Target is not supported by the local runtime.',
    });
  });

  test('because its body is no JSON says so', async () => {
    const response = await request('AmazonSQS.SendMessage', '{');
    expect(await response.json()).toMatchObject({ __type: 'com.amazonaws.sqs#SerializationException' });
  });

  test('because of a wrong signature does nothing', async () => {
    const body = JSON.stringify({ QueueUrl: urlOf('dead-letters'), MessageBody: 'a' });
    const response = await request('AmazonSQS.SendMessage', body, { key: 'wrong' });
    expect(await response.json()).toMatchObject({ __type: 'com.amazonaws.sqs#InvalidSignatureException' });
    expect(await bodies()).toEqual([]);
  });

  test('because the role may not do it does nothing', async () => {
    allowed = (action, resource) => !(action === 'sqs:SendMessage' && resource === arnOf('dead-letters'));
    const body = JSON.stringify({ QueueUrl: urlOf('dead-letters'), MessageBody: 'a' });
    const response = await request('AmazonSQS.SendMessage', body);
    expect([response.status, await response.json()]).toEqual([
      403,
      {
        __type: 'com.amazonaws.sqs#AccessDenied',
        message: `User: arn:aws:sts::000000000000:assumed-role/Operator/desk is not authorized to perform: sqs:SendMessage on resource: ${arnOf('dead-letters')} because no identity-based policy allows the sqs:SendMessage action`,
      },
    ]);
    expect(await bodies()).toEqual([]);
  });
});

test('a failure of its own is told neutrally, and reported', async () => {
  database.close();
  const response = await request('AmazonSQS.PurgeQueue', JSON.stringify({ QueueUrl: urlOf('dead-letters') }));
  expect([response.status, await response.json()]).toEqual([
    500,
    { __type: 'com.amazonaws.sqs#InternalFailure', message: 'SQS failed; the log says why.' },
  ]);
  expect(defects.splice(0)).toEqual([expect.objectContaining({ code: 'ERR_INVALID_STATE' })]);
});
