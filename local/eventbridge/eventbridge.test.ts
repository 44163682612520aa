import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AwsEvent } from '../events.ts';
import { TargetError } from './errors.ts';
import { createEventBridge, type EventBridge } from './eventbridge.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import type { EventRule } from './rule.ts';
import type { GraphQlAnswer, RuleTarget } from './target.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:StatusChange';
const endpointArn = 'arn:aws:appsync:us-east-1:000000000000:endpoints/graphql-api/facade';
const roleArn = 'arn:aws:iam::000000000000:role/Events';
const queueArn = 'arn:aws:sqs:us-east-1:000000000000:dead-letters';
const ruleArn = (name: string) => `arn:aws:events:us-east-1:000000000000:rule/${name}`;

const lambdaTarget: RuleTarget = { id: 'Target0', arn: functionArn };
const appSyncTarget: RuleTarget = {
  id: 'Target0',
  arn: endpointArn,
  roleArn,
  appSync: { graphQLOperation: 'mutation Publish($key: String!) { publishProcessStep(key: $key) { step } }' },
  inputTransformer: { inputPathsMap: { key: '$.detail.key' }, inputTemplate: '{"key":<key>}' },
  deadLetterArn: queueArn,
};
const rule = (target: Partial<RuleTarget> = {}, others: Partial<EventRule> = {}): EventRule => ({
  name: 'Steps',
  arn: ruleArn(others.name ?? 'Steps'),
  pattern: { source: ['aws.s3'] },
  enabled: true,
  targets: [{ ...appSyncTarget, ...target }],
  ...others,
});
const event = (key: string): AwsEvent => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::data'],
  detail: { key },
});

let folder = '';
let file = '';
let database: DatabaseSync;
let clock: ManualClock;
let count = 0;
let answer: (key: string) => Promise<GraphQlAnswer>;
/** What reached the targets, in order. */
let queued: { functionArn: string; payload: unknown }[] = [];
let requests: {
  endpointArn: string;
  roleArn: string;
  operation: string;
  variables: Record<string, unknown>;
}[] = [];
let messages: { arn: string; body: unknown; attributes: Record<string, string> }[] = [];
let logged: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-'));
});
beforeEach(() => renew());
afterAll(() => rm(folder, { recursive: true }));

function renew(): void {
  file = join(folder, `${count++}.sqlite`);
  database = new DatabaseSync(file);
  clock = createManualClock();
  answer = async () => ({ data: { publishProcessStep: { step: 'A' } } });
  queued = [];
  requests = [];
  messages = [];
  logged = [];
}

function reopen(): void {
  database.close();
  database = new DatabaseSync(file);
}

function eventBridge(...rules: EventRule[]): EventBridge {
  return createEventBridge({
    rules,
    enqueue: (arn, payload) => void queued.push({ functionArn: arn, payload }),
    executeGraphQl(endpoint, role, operation, variables) {
      requests.push({ endpointArn: endpoint, roleArn: role, operation, variables });
      return answer(String(variables.key));
    },
    sendToQueue(arn, body, attributes) {
      if (arn === 'missing') throw new Error('there is no such queue');
      messages.push({ arn, body: JSON.parse(body), attributes });
    },
    onLog: (line) => logged.push(line),
    database,
    region: 'us-east-1',
    accountId: '000000000000',
    clock,
  });
}

const turns = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};

/** Lets time pass until nothing is left to do. */
async function runToEnd(): Promise<void> {
  do await turns();
  while (clock.advanceToNext());
}

describe('an event', () => {
  test('reaches each target of each enabled rule that matches, and no other', async () => {
    const bus = eventBridge(
      rule({ inputTransformer: undefined, inputPath: '$.detail' }),
      rule({}, { name: 'Other', pattern: { source: ['aws.states'] } }),
      rule({}, { name: 'Off', enabled: false }),
      rule(
        {},
        { name: 'Both', targets: [lambdaTarget, { ...lambdaTarget, id: 'Target1', input: '"constant"' }] },
      ),
      rule({}, { name: 'Never', pattern: undefined }),
    );
    bus.start();
    bus.emit(event('a'));
    expect(bus.pendingCount()).toBe(3);
    await bus.idle();
    const { graphQLOperation: operation } = appSyncTarget.appSync ?? {};
    expect(requests).toEqual([{ endpointArn, roleArn, operation, variables: { key: 'a' } }]);
    expect(queued).toEqual([
      {
        functionArn,
        payload: {
          version: '0',
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          'detail-type': 'Object Created',
          source: 'aws.s3',
          account: '000000000000',
          time: '2026-01-01T00:00:00Z',
          region: 'us-east-1',
          resources: ['arn:aws:s3:::data'],
          detail: { key: 'a' },
        },
      },
      { functionArn, payload: 'constant' },
    ]);
    await bus.close();
  });

  test('keeps the time that its source gives, and has no field where the value is undefined', async () => {
    const bus = eventBridge(
      rule(lambdaTarget, { pattern: { detail: { gone: [{ exists: false }] } }, targets: [lambdaTarget] }),
    );
    bus.start();
    bus.emit({ ...event('a'), time: '2025-05-05T05:05:05Z', detail: { gone: undefined } });
    await bus.idle();
    expect(queued).toMatchObject([{ payload: { time: '2025-05-05T05:05:05Z', detail: {} } }]);
    await bus.close();
  });

  test('emitted within a transaction is delivered if that is committed, and not if it is rolled back', async () => {
    const bus = eventBridge(rule());
    bus.start();
    database.exec('BEGIN');
    bus.emit(event('rolled back'));
    database.exec('ROLLBACK; BEGIN');
    bus.emit(event('committed'));
    await turns();
    expect(requests).toEqual([]);
    database.exec('COMMIT');
    await bus.idle();
    expect(requests.map(({ variables }) => variables)).toEqual([{ key: 'committed' }]);
    await bus.close();
  });

  test('fills the variables that tell of the rule', async () => {
    const inputTemplate = '{"rule":<aws.events.rule-arn>,"at":<aws.events.event.ingestion-time>}';
    const bus = eventBridge(rule({ inputTransformer: { inputTemplate } }));
    bus.start();
    bus.emit(event('a'));
    await bus.idle();
    expect(requests[0]?.variables).toEqual({ rule: ruleArn('Steps'), at: '2026-01-01T00:00:00.000Z' });
    await bus.close();
  });
});

describe('a delivery that fails', () => {
  test.each<[string, () => Promise<GraphQlAnswer>, string, string]>([
    ['the call rejects', async () => Promise.reject(new Error('no connection')), 'UNKNOWN', 'no connection'],
    [
      'the call says why',
      async () => Promise.reject(new TargetError('THROTTLING', 'slow down')),
      'THROTTLING',
      'slow down',
    ],
    [
      'the answer has errors and no data',
      async () => ({ data: null, errors: [{ message: 'x' }] }),
      'ERROR_FROM_TARGET',
      '[{"message":"x"}]',
    ],
    [
      'the answer has errors and its field is null',
      async () => ({ data: { a: null }, errors: [{ message: 'x' }] }),
      'ERROR_FROM_TARGET',
      '[{"message":"x"}]',
    ],
  ])('because %s is tried again, and then goes to the dead-letter queue', async (_, fail, code, message) => {
    answer = fail;
    const bus = eventBridge(rule({ retryPolicy: { maximumRetryAttempts: 2 } }));
    bus.start();
    bus.emit(event('a'));
    await runToEnd();
    expect(requests).toHaveLength(3);
    expect(messages).toEqual([
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

  test.each<[string, Partial<RuleTarget>, () => Promise<GraphQlAnswer>, string]>([
    [
      'the role may not',
      {},
      async () => ({ data: null, errors: [{ errorType: 'Unauthorized', message: 'no' }] }),
      'NO_PERMISSIONS',
    ],
    [
      'the role is refused',
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
      'the input is no object',
      { inputTransformer: undefined, inputPath: '$.detail.key' },
      async () => ({ data: {} }),
      'INVALID_PARAMETER',
    ],
    [
      'the filled template is no JSON',
      { inputTransformer: { inputPathsMap: { k: '$.detail.key' }, inputTemplate: '{"key":"<k>"}' } },
      async () => ({ data: {} }),
      'INVALID_JSON',
    ],
  ])('because %s goes to the dead-letter queue at once', async (_, target, fail, code) => {
    answer = fail;
    const bus = eventBridge(rule(target));
    bus.start();
    bus.emit(event('say "hi"'));
    await turns();
    expect(messages.map(({ attributes }) => attributes)).toEqual([
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

  test('is no failure where the answer has errors beside a field with a value', async () => {
    answer = async () => ({ data: { a: { step: null } }, errors: [{ message: 'part of it' }] });
    const bus = eventBridge(rule());
    bus.start();
    bus.emit(event('a'));
    await bus.idle();
    expect([requests.length, messages]).toEqual([1, []]);
    await bus.close();
  });

  test('is tried after growing times of at most a minute, 185 times within 24 hours', async () => {
    const times: number[] = [];
    answer = async () => {
      times.push(clock.now());
      throw new Error('down');
    };
    const bus = eventBridge(rule());
    bus.start();
    bus.emit(event('a'));
    await runToEnd();
    expect(times).toHaveLength(186);
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    for (const [i, wait] of waits.entries()) {
      const longest = Math.min(1000 * 2 ** i, 60_000);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBeLessThanOrEqual(longest);
    }
    expect(messages).toMatchObject([{ attributes: { RETRY_ATTEMPTS: '185' } }]);
    await bus.close();
  });

  test('is given up when the next try would come after the maximum age', async () => {
    answer = async () => Promise.reject(new Error('down'));
    const bus = eventBridge(rule({ retryPolicy: { maximumEventAgeInSeconds: 60 } }));
    bus.start();
    bus.emit(event('a'));
    const emittedAtMs = clock.now();
    await runToEnd();
    expect(messages).toMatchObject([
      { attributes: { EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds', ERROR_CODE: 'UNKNOWN' } },
    ]);
    expect(clock.now() - emittedAtMs).toBeLessThanOrEqual(60_000);
    await bus.close();
  });

  test.each([
    [undefined, 'and the target has no dead-letter queue'],
    ['missing', 'and its dead-letter queue [missing] did not take it: Error: there is no such queue'],
  ])('is logged where the dead-letter queue is %s', async (deadLetterArn, text) => {
    answer = async () => Promise.reject(new Error('down'));
    const bus = eventBridge(rule({ deadLetterArn, retryPolicy: { maximumRetryAttempts: 0 } }));
    bus.start();
    bus.emit(event('a'));
    await bus.idle();
    expect(logged).toEqual([
      expect.stringMatching(/^EventBridge lost event \[[0-9a-f-]{36}\] \(Object Created\)/),
    ]);
    expect(logged[0]).toContain(text);
    await bus.close();
  });
});

describe('after a restart', () => {
  test('what was left is delivered, by the rules as they are now', async () => {
    const old = eventBridge(rule(), rule({}, { name: 'Removed' }));
    old.emit(event('a'));
    await old.close();
    reopen();
    const bus = eventBridge(rule({ inputTransformer: { inputTemplate: '{"key":"constant"}' } }));
    expect(bus.pendingCount()).toBe(2);
    bus.start();
    await bus.idle();
    expect(requests.map(({ variables }) => variables)).toEqual([{ key: 'constant' }]);
    expect(logged).toEqual([
      expect.stringMatching(
        /^EventBridge dropped event \[.*the template has no target \[Target0\] of the rule \[.*Removed\] any more$/,
      ),
    ]);
    await bus.close();
  });

  test('every event that was accepted has been delivered at least once, whatever failed and however it ended before', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('emit') },
      { weight: 3, arbitrary: fc.constantFrom('advance', 'crash', 'restart') },
      { weight: 2, arbitrary: fc.constantFrom('succeed', 'reject', 'refuse', 'hang') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        renew();
        const emitted: string[] = [];
        const delivered: string[] = [];
        let hanging = 0;
        const behaviours: Record<string, (key: string) => Promise<GraphQlAnswer>> = {
          async succeed(key) {
            delivered.push(key);
            return { data: { a: 1 } };
          },
          reject: async () => Promise.reject(new Error('down')),
          refuse: async () => ({ data: null, errors: [{ message: 'not now' }] }),
          hang() {
            hanging++;
            return new Promise(() => {});
          },
        };
        const behave = (how: string) => {
          answer = behaviours[how] ?? answer;
        };
        let bus = eventBridge(rule());
        bus.start();
        behave('succeed');
        for (const [index, at] of steps.entries()) {
          if (at === 'emit') {
            emitted.push(`${index}`);
            bus.emit(event(`${index}`));
          } else if (at === 'advance') {
            clock.advanceToNext();
          } else if (at === 'crash' || at === 'restart') {
            const closed = bus.close();
            // What hangs would be waited for without end: then only a crash gets on.
            if (at === 'restart' && hanging === 0) await closed;
            hanging = 0;
            reopen();
            bus = eventBridge(rule());
            bus.start();
          } else {
            behave(at);
          }
          await turns();
        }
        void bus.close();
        reopen();
        behave('succeed');
        bus = eventBridge(rule());
        bus.start();
        await runToEnd();
        expect(new Set(delivered)).toEqual(new Set(emitted));
        expect([bus.pendingCount(), messages, logged]).toEqual([0, [], []]);
        await bus.close();
        database.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('a schedule', () => {
  test('gives its targets an event after each interval, until the bus is closed', async () => {
    const bus = eventBridge(
      rule({}, { name: 'Sweep', pattern: undefined, schedule: 'rate(5 minutes)', targets: [lambdaTarget] }),
      rule({}, { name: 'Off', schedule: 'rate(1 minute)', targets: [lambdaTarget], enabled: false }),
    );
    bus.start();
    for (let minute = 0; minute < 12; minute++) {
      clock.advance(60_000);
      await turns();
    }
    expect(queued).toMatchObject(
      ['2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z'].map((time) => ({
        payload: {
          source: 'aws.events',
          'detail-type': 'Scheduled Event',
          resources: [ruleArn('Sweep')],
          detail: {},
          time,
        },
      })),
    );
    await bus.close();
    clock.advance(600_000);
    await turns();
    expect([queued.length, bus.pendingCount()]).toEqual([2, 0]);
  });

  test('longer than a timer can wait is kept, although the timer calls too early', async () => {
    const inner = clock;
    clock = { ...inner, after: (ms, run) => inner.after(Math.min(ms, 24 * 86_400_000), run) };
    const bus = eventBridge(
      rule({}, { pattern: undefined, schedule: 'rate(30 days)', targets: [lambdaTarget] }),
    );
    bus.start();
    clock.advanceToNext();
    await turns();
    expect(queued).toEqual([]);
    clock.advanceToNext();
    await turns();
    expect(queued).toMatchObject([{ payload: { time: '2026-01-31T00:00:00Z' } }]);
    await bus.close();
  });
});

describe('a rule that cannot be served', () => {
  test.each<[string, EventRule, string]>([
    [
      'a bad pattern',
      rule({}, { pattern: { source: 'aws.s3' } }),
      'Event pattern is not valid. Reason: "source" must be an object or an array',
    ],
    [
      'cron',
      rule({}, { schedule: 'cron(0 10 * * ? *)' }),
      'cron(0 10 * * ? *) is not supported by the local runtime: only rate(<n> minutes|hours|days) is',
    ],
    [
      'a bad template',
      rule({ inputTransformer: { inputTemplate: '<x>' } }),
      'InputTemplate for target Target0 contains invalid placeholder x.',
    ],
    [
      'a target of another service',
      rule({ arn: 'arn:aws:sns:us-east-1:000000000000:topic' }),
      "target [Target0]: targets of the service 'sns' are not supported, only lambda and appsync",
    ],
    [
      'an AppSync target without role',
      rule({ roleArn: undefined }),
      'target [Target0]: expected an AppSync target to have a RoleArn',
    ],
    [
      'an AppSync target without operation',
      rule({ appSync: undefined }),
      'target [Target0]: expected an AppSync target to have AppSyncParameters with a GraphQLOperation',
    ],
  ])('because of %s is refused before anything is served', (_, wrong, problem) => {
    expect(() => eventBridge(wrong)).toThrow(
      expect.objectContaining({
        name: 'RuleConfigurationError',
        ruleArn: ruleArn('Steps'),
        message: `rule [${ruleArn('Steps')}]: ${problem}`,
      }),
    );
  });
});
