import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TargetError } from './errors.ts';
import {
  endpointArn,
  event,
  queueArn,
  rule,
  ruleArn,
  type ServedEventBridge,
  serveEventBridge,
} from './serve-for-test.ts';
import type { GraphQlResponse, RuleTarget } from './target.ts';

let fixture: ServedEventBridge;
beforeEach(() => {
  fixture = serveEventBridge();
});
afterEach(() => fixture[Symbol.dispose]());

describe('a delivery that fails', () => {
  test.each<[string, () => Promise<GraphQlResponse>, string, string]>([
    ['the call rejects', async () => Promise.reject(new Error('no connection')), 'UNKNOWN', 'no connection'],
    [
      'the call says why',
      async () => Promise.reject(new TargetError('THROTTLING', 'slow down')),
      'THROTTLING',
      'slow down',
    ],
    [
      'the response has errors and no data',
      async () => ({ data: null, errors: [{ message: 'x' }] }),
      'ERROR_FROM_TARGET',
      '[{"message":"x"}]',
    ],
    [
      'the response has errors and its field is null',
      async () => ({ data: { a: null }, errors: [{ message: 'x' }] }),
      'ERROR_FROM_TARGET',
      '[{"message":"x"}]',
    ],
  ])('because %s is tried again, and then goes to the dead-letter queue', async (_, fail, code, message) => {
    fixture.respond = fail;
    const bus = fixture.eventBridge(rule({ retryPolicy: { maximumRetryAttempts: 2 } }));
    bus.start();
    bus.emit(event('a'));
    await fixture.runToEnd();
    expect(fixture.requests).toHaveLength(3);
    expect(fixture.messages).toEqual([
      {
        arn: queueArn,
        body: expect.objectContaining({ ...event('a'), id: expect.any(String) }),
        attributes: {
          RULE_ARN: ruleArn('Steps'),
          TARGET_ARN: endpointArn,
          ERROR_CODE: code,
          ERROR_MESSAGE: message,
          EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
          RETRY_ATTEMPTS: '2',
        },
      },
    ]);
    expect(bus.pendingCount()).toBe(0);
    await bus.close();
  });

  test.each<[string, Partial<RuleTarget>, () => Promise<GraphQlResponse>, string]>([
    [
      'the role may not',
      {},
      async () => ({ data: null, errors: [{ errorType: 'Unauthorized', message: 'no' }] }),
      'NO_PERMISSIONS',
    ],
    [
      'the role is rejected',
      {},
      async () => ({ data: null, errors: [{ errorType: 'UnauthorizedException', message: 'no' }] }),
      'NO_PERMISSIONS',
    ],
    [
      'the API is not there',
      {},
      async () => Promise.reject(new TargetError('NO_RESOURCE', 'gone')),
      'NO_RESOURCE',
    ],
    [
      'the input is not an object',
      { inputTransformer: undefined, inputPath: '$.detail.key' },
      async () => ({ data: {} }),
      'INVALID_PARAMETER',
    ],
    [
      'the filled template is not valid JSON',
      { inputTransformer: { inputPathsMap: { k: '$.detail.key' }, inputTemplate: '{"key":"<k>"}' } },
      async () => ({ data: {} }),
      'INVALID_JSON',
    ],
  ])('because %s goes to the dead-letter queue at once', async (_, target, fail, code) => {
    fixture.respond = fail;
    const bus = fixture.eventBridge(rule(target));
    bus.start();
    bus.emit(event('say "hi"'));
    await fixture.turns();
    expect(fixture.messages.map(({ attributes }) => attributes)).toEqual([
      {
        RULE_ARN: ruleArn('Steps'),
        TARGET_ARN: endpointArn,
        ERROR_CODE: code,
        ERROR_MESSAGE: expect.any(String),
        RETRY_ATTEMPTS: '0',
      },
    ]);
    expect(bus.pendingCount()).toBe(0);
    await bus.close();
  });

  test('is not a failure where the response has errors beside a field with a value', async () => {
    fixture.respond = async () => ({ data: { a: { step: null } }, errors: [{ message: 'part of it' }] });
    const bus = fixture.eventBridge(rule());
    bus.start();
    bus.emit(event('a'));
    await bus.idle();
    expect([fixture.requests.length, fixture.messages]).toEqual([1, []]);
    await bus.close();
  });

  test('is tried after growing times of at most a minute, 185 times within 24 hours', async () => {
    const times: number[] = [];
    fixture.respond = async () => {
      times.push(fixture.clock.now());
      throw new Error('down');
    };
    const bus = fixture.eventBridge(rule());
    bus.start();
    bus.emit(event('a'));
    await fixture.runToEnd();
    expect(times).toHaveLength(186);
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    for (const [i, wait] of waits.entries()) {
      const longest = Math.min(1000 * 2 ** i, 60_000);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBeLessThanOrEqual(longest);
    }
    expect(fixture.messages).toMatchObject([{ attributes: { RETRY_ATTEMPTS: '185' } }]);
    await bus.close();
  });

  test('is given up when the next try would come after the maximum age', async () => {
    fixture.respond = async () => Promise.reject(new Error('down'));
    const bus = fixture.eventBridge(rule({ retryPolicy: { maximumEventAgeInSeconds: 60 } }));
    bus.start();
    bus.emit(event('a'));
    const emittedAtMs = fixture.clock.now();
    await fixture.runToEnd();
    expect(fixture.messages).toMatchObject([
      { attributes: { EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds', ERROR_CODE: 'UNKNOWN' } },
    ]);
    expect(fixture.clock.now() - emittedAtMs).toBeLessThanOrEqual(60_000);
    await bus.close();
  });

  test.each([
    [undefined, '; the target has no dead-letter queue'],
    ['missing', ', and could not be sent to the dead-letter queue [missing]: Error: there is no such queue'],
  ])('is logged where the dead-letter queue is %s', async (deadLetterArn, text) => {
    fixture.respond = async () => Promise.reject(new Error('down'));
    const bus = fixture.eventBridge(rule({ deadLetterArn, retryPolicy: { maximumRetryAttempts: 0 } }));
    bus.start();
    bus.emit(event('a'));
    await bus.idle();
    expect(fixture.logger.lines).toEqual([
      expect.stringMatching(/^EventBridge: event \[[0-9a-f-]{36}\] \(Object Created\) was not delivered/),
    ]);
    expect(fixture.logger.lines[0]).toContain(text);
    await bus.close();
  });
});
