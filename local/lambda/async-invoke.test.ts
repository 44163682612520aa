import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/kit/manual-clock.ts';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import type { InvokeResult } from '../common/invoke-lambda.ts';
import { type AsyncInvokeConfig, createAsyncInvoke } from './async-invoke.ts';
import { LambdaClosedError } from './lambda.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:StatusChange';
const queueArn = 'arn:aws:sqs:us-east-1:000000000000:failed';
const failure = {
  errorType: 'Error',
  errorMessage: 'intentional failure',
  trace: ['Error: intentional failure'],
};

const folder = temporaryFolder('async');
let file = '';
let database: DatabaseSync;
let clock: ManualClock;
let count = 0;
/** What was done, in order. */
let invocations: { functionArn: string; payload: unknown; requestId: string | undefined; atMs: number }[] =
  [];
let messages: {
  arn: string;
  body: unknown;
  attributes: Record<string, string | number>;
  roleArn?: string;
}[] = [];
let logger = createRecordingLogger();

beforeEach(() => {
  file = join(folder.path, `${count++}.sqlite`);
  database = new DatabaseSync(file);
  clock = createManualClock();
  invocations = [];
  messages = [];
  logger = createRecordingLogger();
});
afterAll(() => folder[Symbol.dispose]());

function asyncInvoke(
  result: () => InvokeResult | Promise<InvokeResult>,
  config?: Partial<AsyncInvokeConfig>,
) {
  return createAsyncInvoke({
    configs: config ? [{ functionArn, ...config }] : [],
    async invoke(arn, payload, _signal, requestId) {
      invocations.push({ functionArn: arn, payload, requestId, atMs: clock.now() });
      return result();
    },
    sendToQueue(arn, body, attributes, roleArn) {
      if (arn === 'missing') throw new Error('there is no such queue');
      const sender = roleArn === undefined ? {} : { roleArn };
      messages.push({ arn, body: JSON.parse(body), attributes, ...sender });
    },
    logger,
    database,
    clock,
  });
}

/** Lets time pass until nothing is left to do. */
async function runToEnd(): Promise<void> {
  do for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  while (clock.advanceToNext());
}

const failing = (): InvokeResult => ({ ok: false, error: failure });
const succeeding = (): InvokeResult => ({ ok: true, payload: null });

describe('an asynchronous invocation', () => {
  test('is made once where the function succeeds', async () => {
    const queue = asyncInvoke(succeeding);
    queue.enqueue(functionArn, { a: 1 });
    expect(queue.pendingCount()).toBe(1);
    queue.start();
    await queue.idle();
    expect(invocations).toMatchObject([{ functionArn, payload: { a: 1 } }]);
    expect([messages, logger.lines]).toEqual([[], []]);
    await queue.close();
  });

  test('is made three times under one request id where the function fails, one and two seconds apart', async () => {
    const queue = asyncInvoke(failing);
    queue.enqueue(functionArn, {});
    queue.start();
    await runToEnd();
    const [first] = invocations;
    expect(new Set(invocations.map(({ requestId }) => requestId))).toEqual(new Set([first?.requestId]));
    expect(first?.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(invocations.map(({ atMs }) => atMs - (first?.atMs ?? 0))).toEqual([0, 1000, 3000]);
    expect(queue.pendingCount()).toBe(0);
    expect(logger.lines).toEqual([
      `Lambda: event [${first?.requestId}] of [${functionArn}] failed (Error: intentional failure); the function has no destination for failed events`,
    ]);
    await queue.close();
  });

  test('that fails permanently leaves a record in the on-failure destination', async () => {
    const queue = asyncInvoke(failing, { onFailureArn: queueArn });
    queue.enqueue(functionArn, { raise_error: 1 });
    queue.start();
    await runToEnd();
    expect(messages).toEqual([
      {
        arn: queueArn,
        attributes: {},
        body: {
          version: '1.0',
          timestamp: '2026-01-01T00:00:03.000Z',
          requestContext: {
            requestId: invocations[0]?.requestId,
            functionArn: `${functionArn}:$LATEST`,
            condition: 'RetriesExhausted',
            approximateInvokeCount: 3,
          },
          requestPayload: { raise_error: 1 },
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          responsePayload: failure,
        },
      },
    ]);
    await queue.close();
  });

  test('that fails permanently is sent to the queue with the permissions of its function', async () => {
    const queue = asyncInvoke(failing, { deadLetterArn: queueArn, roleArn: 'role', maximumRetryAttempts: 0 });
    queue.enqueue(functionArn, {});
    queue.start();
    await runToEnd();
    expect(messages).toMatchObject([{ arn: queueArn, roleArn: 'role' }]);
  });

  test('that fails permanently leaves the event in the dead-letter queue, the message cut after 1 KB', async () => {
    const error = { errorType: 'Error', errorMessage: 'x'.repeat(2000) };
    const queue = asyncInvoke(() => ({ ok: false, error }), {
      deadLetterArn: queueArn,
      maximumRetryAttempts: 0,
    });
    queue.enqueue(functionArn, { raise_error: 1 });
    queue.start();
    await runToEnd();
    expect(messages).toEqual([
      {
        arn: queueArn,
        body: { raise_error: 1 },
        attributes: {
          RequestID: invocations[0]?.requestId,
          ErrorCode: 200,
          ErrorMessage: 'x'.repeat(1024),
        },
      },
    ]);
    expect(invocations).toHaveLength(1);
    await queue.close();
  });

  test('goes to both destinations, and to the log if a queue rejects it', async () => {
    const queue = asyncInvoke(failing, {
      onFailureArn: queueArn,
      deadLetterArn: 'missing',
      maximumRetryAttempts: 1,
    });
    queue.enqueue(functionArn, {});
    queue.start();
    await runToEnd();
    expect(messages).toMatchObject([
      { arn: queueArn, body: { requestContext: { approximateInvokeCount: 2 } } },
    ]);
    expect(logger.lines).toEqual([
      expect.stringContaining(', and could not be sent to [missing]: Error: there is no such queue'),
    ]);
    await queue.close();
  });

  test('is given up before its time where the next retry would come too late', async () => {
    const queue = asyncInvoke(failing, { onFailureArn: queueArn, maximumEventAgeInSeconds: 2 });
    queue.enqueue(functionArn, {});
    queue.start();
    await runToEnd();
    expect(messages).toMatchObject([
      { body: { requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 2 } } },
    ]);
    await queue.close();
  });

  test('that Lambda throttles or fails on itself is repeated, without counting as a retry, until it is too old', async () => {
    const results: InvokeResult[] = [
      'TooManyRequestsException',
      'Lambda.ServiceException',
      'ServiceException',
    ].map((errorType) => ({ ok: false, error: { errorType, errorMessage: 'not now' } }));
    const queue = asyncInvoke(() => results.shift() ?? failing(), {
      onFailureArn: queueArn,
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: 60,
    });
    queue.enqueue(functionArn, {});
    queue.start();
    await runToEnd();
    expect(invocations).toHaveLength(4);
    expect(messages).toMatchObject([
      { body: { requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 } } },
    ]);

    const throttled: InvokeResult = {
      ok: false,
      error: { errorType: 'TooManyRequestsException', errorMessage: '' },
    };
    results.push(...Array.from({ length: 100 }, () => throttled));
    queue.enqueue(functionArn, {});
    await runToEnd();
    expect(messages[1]).toMatchObject({ body: { requestContext: { condition: 'EventAgeExceeded' } } });
    expect(invocations).toHaveLength(4 + 61);
    await queue.close();
  });

  test('is made after the next start where the runtime has closed in the middle of it', async () => {
    let close = (_: Error) => {};
    const queue = asyncInvoke(() => new Promise((_, reject) => (close = reject)));
    queue.enqueue(functionArn, 'cut off');
    queue.start();
    await runToEnd();
    queue.enqueue(functionArn, 'not begun');
    const closed = queue.close();
    close(new LambdaClosedError(functionArn));
    await closed;
    database.close();
    database = new DatabaseSync(file);

    const next = asyncInvoke(succeeding);
    next.start();
    await next.idle();
    expect(invocations.map(({ payload }) => payload)).toEqual(['cut off', 'cut off', 'not begun']);
    await next.close();
  });
});
