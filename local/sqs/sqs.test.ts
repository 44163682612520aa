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

describe('a message', () => {
  test('is received as it was sent, with the digests that clients compare', async () => {
    const sent = await fixture.call('SendMessage', {
      MessageBody: 'msg',
      MessageAttributes: { Foo: { DataType: 'String', StringValue: 'Bar' } },
    });
    expect(sent).toEqual({
      MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      MD5OfMessageBody: '6e2baaf3b97dbeef01c0043275f9a0e7',
      MD5OfMessageAttributes: 'ae7155c6026991b6d54b11589678bf9c',
    });
    fixture.clock.advance(1000);
    const sentAtMs = fixture.clock.now() - 1000;
    expect(
      await fixture.receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] }),
    ).toEqual([
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
    await fixture.call('SendMessage', {
      MessageBody: 'msg',
      MessageAttributes: { Foo: { DataType: 'String', StringValue: 'x' } },
    });
    const [message] = await fixture.receive({ AttributeNames: ['SentTimestamp'] });
    expect(Object.keys(message)).toEqual(['MessageId', 'ReceiptHandle', 'MD5OfBody', 'Body', 'Attributes']);
    expect(Object.keys(message.Attributes)).toEqual(['SentTimestamp']);
  });

  test('is hidden after a receive until the visibility timeout of the queue or the request is over', async () => {
    await fixture.call('SendMessage', { MessageBody: 'a' });
    expect(await fixture.bodies()).toEqual(['a']);
    fixture.clock.advance(29_999);
    expect(await fixture.bodies()).toEqual([]);
    fixture.clock.advance(1);
    expect(await fixture.bodies({ VisibilityTimeout: 1 })).toEqual(['a']);
    fixture.clock.advance(1000);
    expect(await fixture.receive({ AttributeNames: ['All'] })).toMatchObject([
      {
        Attributes: {
          ApproximateReceiveCount: '3',
          ApproximateFirstReceiveTimestamp: `${fixture.clock.now() - 31_000}`,
        },
      },
    ]);
    await fixture.call('SendMessage', { MessageBody: 'b' }, 'other');
    expect(await fixture.bodies({}, 'other')).toEqual(['b']);
    fixture.clock.advance(5000);
    expect(await fixture.bodies({}, 'other')).toEqual(['b']);
  });

  test('is gone after it was deleted with its last receipt, and deleting it again is not an error', async () => {
    await fixture.call('SendMessage', { MessageBody: 'a' });
    const [first] = await fixture.receive({ VisibilityTimeout: 0 });
    const [second] = await fixture.receive({ VisibilityTimeout: 0 });
    await fixture.call('DeleteMessage', { ReceiptHandle: first.ReceiptHandle });
    expect((await fixture.attributesOf()).ApproximateNumberOfMessages).toBe('1');
    for (let i = 0; i < 2; i++) {
      expect(await fixture.call('DeleteMessage', { ReceiptHandle: second.ReceiptHandle })).toEqual({});
    }
    expect((await fixture.attributesOf()).ApproximateNumberOfMessages).toBe('0');
  });

  test('can be hidden longer, or given back, while it is in flight', async () => {
    await fixture.call('SendMessage', { MessageBody: 'a' });
    const [{ ReceiptHandle }] = await fixture.receive();
    await fixture.call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 60 });
    fixture.clock.advance(59_000);
    expect(await fixture.bodies()).toEqual([]);
    await fixture.call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 0 });
    expect(
      await fixture.call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 9 }),
    ).toMatchObject({
      __type: 'com.amazonaws.sqs#MessageNotInflight',
    });
    expect(await fixture.bodies()).toEqual(['a']);
  });

  test('with a delay is received after it', async () => {
    await fixture.call('SendMessage', { MessageBody: 'later', DelaySeconds: 10 });
    expect(await fixture.attributesOf()).toMatchObject({
      ApproximateNumberOfMessagesDelayed: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessages: '0',
    });
    expect(await fixture.bodies()).toEqual([]);
    fixture.clock.advance(10_000);
    expect(await fixture.bodies()).toEqual(['later']);
  });

  test('is forgotten when the queue no longer retains it', async () => {
    await fixture.call('SendMessage', { MessageBody: 'a' }, 'other');
    await fixture.call('SendMessage', { MessageBody: 'a' });
    fixture.clock.advance(60_000);
    expect(await fixture.bodies({}, 'other')).toEqual([]);
    fixture.clock.advance(345_600_000 - 60_001);
    expect(await fixture.bodies({ VisibilityTimeout: 0 })).toEqual(['a']);
    fixture.clock.advance(1);
    expect(await fixture.bodies()).toEqual([]);
  });

  test('is there after a restart', async () => {
    await fixture.call('SendMessage', { MessageBody: 'a' });
    fixture.reopen();
    expect(await fixture.bodies()).toEqual(['a']);
  });
});

describe('a queue', () => {
  test('returns at most the requested number of messages, the oldest first, and only its own', async () => {
    for (const body of ['1', '2', '3']) await fixture.call('SendMessage', { MessageBody: body });
    await fixture.call('SendMessage', { MessageBody: 'x' }, 'other');
    expect(await fixture.bodies({ MaxNumberOfMessages: undefined })).toEqual(['1']);
    expect(await fixture.bodies({ MaxNumberOfMessages: 2 })).toEqual(['2', '3']);
  });

  test('returns its counts and settings', async () => {
    await fixture.call('SendMessage', { MessageBody: '1' }, 'other');
    await fixture.call('SendMessage', { MessageBody: '2' }, 'other');
    await fixture.receive({ MaxNumberOfMessages: 1 }, 'other');
    expect(await fixture.attributesOf('other')).toEqual({
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
    expect(await fixture.call('GetQueueAttributes', { AttributeNames: ['QueueArn'] })).toEqual({
      Attributes: { QueueArn: arnOf('dead-letters') },
    });
    expect(await fixture.call('GetQueueAttributes', {})).toEqual({});
  });

  test('is empty after a purge, and another is not', async () => {
    for (const queue of ['other', 'dead-letters'])
      await fixture.call('SendMessage', { MessageBody: '1' }, queue);
    expect(await fixture.call('PurgeQueue', {})).toEqual({});
    expect([await fixture.bodies(), await fixture.bodies({}, 'other')]).toEqual([[], ['1']]);
  });
});

describe('a receive that waits', () => {
  /** Resolves when a request waits on the fixture.clock. */
  const waiting = async () => {
    while (fixture.clock.waitingCount() === 0) await new Promise(setImmediate);
  };

  test('gets a response as soon as a message arrives, from a client or a service', async () => {
    for (const send of [
      () => fixture.call('SendMessage', { MessageBody: 'a' }),
      async () => fixture.sqs.send(arnOf('dead-letters'), 'a', {}),
    ]) {
      const received = fixture.bodies({ WaitTimeSeconds: 20 });
      await waiting();
      await send();
      expect(await received).toEqual(['a']);
      expect(fixture.clock.waitingCount()).toBe(0);
    }
  });

  test('gets a response when a hidden message comes back, and with nothing when its time is over', async () => {
    await fixture.call('SendMessage', { MessageBody: 'a' }, 'other');
    await fixture.receive({}, 'other');
    for (const [expected, afterMs] of [
      [['a'], 5000],
      [[], 2000],
    ]) {
      const startedAtMs = fixture.clock.now();
      const received = fixture.bodies({ WaitTimeSeconds: afterMs === 5000 ? 20 : 2 }, 'other');
      await waiting();
      fixture.clock.advanceToNext();
      expect([await received, fixture.clock.now() - startedAtMs]).toEqual([expected, afterMs]);
    }
  });

  test('gets a response when another receiver gives its message back', async () => {
    await fixture.call('SendMessage', { MessageBody: 'a' });
    const [{ ReceiptHandle }] = await fixture.receive();
    const received = fixture.bodies({ WaitTimeSeconds: 20 });
    await waiting();
    await fixture.call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 0 });
    expect(await received).toEqual(['a']);
  });

  test('takes no message once its client is gone', async () => {
    const controller = new AbortController();
    const parameters = { QueueUrl: fixture.urlOf('dead-letters'), WaitTimeSeconds: 20 };
    const closed = new Promise<void>((resolve) => {
      fixture.server.once('request', (_, response) => response.once('close', () => resolve()));
    });
    const received = fixture.request('AmazonSQS.ReceiveMessage', JSON.stringify(parameters), {
      signal: controller.signal,
    });
    await waiting();
    controller.abort();
    await expect(received).rejects.toThrow();
    await closed;
    await fixture.call('SendMessage', { MessageBody: 'a' });
    expect(await fixture.bodies()).toEqual(['a']);
  });
});

describe('a service of AWS', () => {
  test('sends with the attributes that it gives, but for empty ones', async () => {
    fixture.sqs.send(arnOf('dead-letters'), '{"id":1}', {
      RULE_ARN: 'arn',
      ErrorCode: 200,
      ERROR_MESSAGE: '',
    });
    const [message] = await fixture.receive({ MessageAttributeNames: ['All'] });
    expect(message.Body).toBe('{"id":1}');
    expect(message.MessageAttributes).toEqual({
      RULE_ARN: { DataType: 'String', StringValue: 'arn' },
      ErrorCode: { DataType: 'Number', StringValue: '200' },
    });
  });

  test('sends nothing if its transaction is rolled back', async () => {
    fixture.database.exec('BEGIN');
    fixture.sqs.send(arnOf('dead-letters'), 'a', {});
    fixture.database.exec('ROLLBACK');
    expect(await fixture.bodies()).toEqual([]);
  });

  test('cannot send to a queue that is not there', () => {
    expect(() => fixture.sqs.send(arnOf('missing'), 'a', {})).toThrow(
      expect.objectContaining({ name: 'SqsError', code: 'QueueDoesNotExist' }),
    );
  });
});
