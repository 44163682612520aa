import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arnOf, type ServedSqs, serveSqs } from './serve-for-test.ts';

let fixture: ServedSqs;
beforeEach(async () => {
  fixture = await serveSqs();
});
afterEach(async () => {
  expect(fixture.logged).toEqual([]);
  await fixture[Symbol.asyncDispose]();
});

describe('a rejected request', () => {
  type Rejection = {
    operation: string;
    parameters: object;
    code: string;
    message: string | RegExp;
    status?: number;
    queryCode?: string;
  };
  const rejections: Rejection[] = [
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

  test.each(rejections)(
    '$operation gets $code: $message',
    async ({ operation, parameters, code, message, status = 400, queryCode = code }) => {
      const body = JSON.stringify({ QueueUrl: fixture.urlOf('dead-letters'), ...parameters });
      const response = await fixture.request(`AmazonSQS.${operation}`, body);
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

  test('in the older query protocol gets UnsupportedOperation', async () => {
    const response = await fixture.request('', 'Action=SendMessage&MessageBody=a');
    expect(await response.json()).toMatchObject({
      message: 'A request without X-Amz-Target is not supported by the local runtime.',
    });
  });

  test('with a body that is not valid JSON gets SerializationException', async () => {
    const response = await fixture.request('AmazonSQS.SendMessage', '{');
    expect(await response.json()).toMatchObject({ __type: 'com.amazonaws.sqs#SerializationException' });
  });

  test('with a wrong signature has no effect', async () => {
    const body = JSON.stringify({ QueueUrl: fixture.urlOf('dead-letters'), MessageBody: 'a' });
    const response = await fixture.request('AmazonSQS.SendMessage', body, { key: 'wrong' });
    expect(await response.json()).toMatchObject({ __type: 'com.amazonaws.sqs#InvalidSignatureException' });
    expect(await fixture.bodies()).toEqual([]);
  });

  test('of a role without the permission has no effect', async () => {
    fixture.allowed = (action, resource) =>
      !(action === 'sqs:SendMessage' && resource === arnOf('dead-letters'));
    const body = JSON.stringify({ QueueUrl: fixture.urlOf('dead-letters'), MessageBody: 'a' });
    const response = await fixture.request('AmazonSQS.SendMessage', body);
    expect([response.status, await response.json()]).toEqual([
      403,
      {
        __type: 'com.amazonaws.sqs#AccessDenied',
        message: `User: arn:aws:sts::000000000000:assumed-role/Operator/desk is not authorized to perform: sqs:SendMessage on resource: ${arnOf('dead-letters')} because no identity-based policy allows the sqs:SendMessage action`,
      },
    ]);
    expect(await fixture.bodies()).toEqual([]);
  });
});

test('an internal error gets a neutral response, and is logged', async () => {
  fixture.database.close();
  const response = await fixture.request(
    'AmazonSQS.PurgeQueue',
    JSON.stringify({ QueueUrl: fixture.urlOf('dead-letters') }),
  );
  expect([response.status, await response.json()]).toEqual([
    500,
    {
      __type: 'com.amazonaws.sqs#InternalFailure',
      message: 'SQS: internal error. See the log of the local runtime.',
    },
  ]);
  expect(fixture.logged.splice(0)).toEqual([
    expect.stringMatching(/^SQS: PurgeQueue failed: .*statement has been finalized/),
  ]);
});
