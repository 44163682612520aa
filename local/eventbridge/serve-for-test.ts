import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeEach } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/kit/manual-clock.ts';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import type { AwsEvent } from '../common/aws-event.ts';
import { createEventBridge, type EventBridge } from './eventbridge.ts';
import type { EventRule } from './rule.ts';
import type { GraphQlResponse, RuleTarget } from './target.ts';

/** The names of what the rules of tests refer to. */
export const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:StatusChange';
export const endpointArn = 'arn:aws:appsync:us-east-1:000000000000:endpoints/graphql-api/facade';
export const roleArn = 'arn:aws:iam::000000000000:role/Events';
export const queueArn = 'arn:aws:sqs:us-east-1:000000000000:dead-letters';
export const ruleArn = (name: string) => `arn:aws:events:us-east-1:000000000000:rule/${name}`;

/** A target that is a function. */
export const lambdaTarget: RuleTarget = { id: 'Target0', arn: functionArn };

const appSyncTarget: RuleTarget = {
  id: 'Target0',
  arn: endpointArn,
  roleArn,
  appSync: { graphQLOperation: 'mutation Publish($key: String!) { publishProcessStep(key: $key) { step } }' },
  inputTransformer: { inputPathsMap: { key: '$.detail.key' }, inputTemplate: '{"key":<key>}' },
  deadLetterArn: queueArn,
};

/**
 * A rule `Steps` for events of S3, whose AppSync target gets the key; with changes to the target
 * and to the rule.
 */
export const rule = (target: Partial<RuleTarget> = {}, others: Partial<EventRule> = {}): EventRule => ({
  name: 'Steps',
  arn: ruleArn(others.name ?? 'Steps'),
  pattern: { source: ['aws.s3'] },
  enabled: true,
  targets: [{ ...appSyncTarget, ...target }],
  ...others,
});

/** An event of S3. */
export const event = (key: string): AwsEvent => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::data'],
  detail: { key },
});

/** The fixture of tests of the bus. */
export type EventBridgeFixture = {
  clock: ManualClock;
  database: DatabaseSync;
  /** AppSync's response; a test may set it. */
  respond: (key: string) => Promise<GraphQlResponse>;
  /**
   * What reached functions, AppSync, dead-letter queues and the log, in order. There is no queue
   * named `missing`.
   */
  queued: { functionArn: string; payload: unknown }[];
  requests: { endpointArn: string; roleArn: string; operation: string; variables: Record<string, unknown> }[];
  messages: { arn: string; body: unknown; attributes: Record<string, string> }[];
  logger: ReturnType<typeof createRecordingLogger>;
  /** A bus over the database. */
  eventBridge(...rules: EventRule[]): EventBridge;
  /** Begins with a new file. */
  renew(): void;
  /** Opens the same file again. */
  reopen(): void;
  /** Lets everything happen that needs no time. */
  turns(): Promise<void>;
  /** Lets time pass until nothing is left to do. */
  runToEnd(): Promise<void>;
};

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  return database;
}

/** Creates the fixture for the tests of a file, with a new file for each test. */
export function useEventBridgeFixture(): EventBridgeFixture {
  const folder = temporaryFolder('events');
  let file = '';
  let count = 0;
  const fixture: EventBridgeFixture = {
    clock: createManualClock(),
    database: new DatabaseSync(':memory:'),
    respond: async () => ({ data: null }),
    queued: [],
    requests: [],
    messages: [],
    logger: createRecordingLogger(),
    eventBridge: (...rules) =>
      createEventBridge({
        rules,
        enqueue: (arn, payload) => void fixture.queued.push({ functionArn: arn, payload }),
        executeGraphQl(endpoint, role, operation, variables) {
          fixture.requests.push({ endpointArn: endpoint, roleArn: role, operation, variables });
          return fixture.respond(String(variables.key));
        },
        sendToQueue(arn, body, attributes) {
          if (arn === 'missing') throw new Error('there is no such queue');
          fixture.messages.push({ arn, body: JSON.parse(body), attributes });
        },
        logger: fixture.logger,
        database: fixture.database,
        region: 'us-east-1',
        accountId: '000000000000',
        clock: fixture.clock,
      }),
    renew() {
      file = join(folder.path, `${count++}.sqlite`);
      fixture.database = open(file);
      fixture.clock = createManualClock();
      fixture.respond = async () => ({ data: { publishProcessStep: { step: 'A' } } });
      fixture.queued = [];
      fixture.requests = [];
      fixture.messages = [];
      fixture.logger = createRecordingLogger();
    },
    reopen() {
      fixture.database.close();
      fixture.database = open(file);
    },
    async turns() {
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    },
    async runToEnd() {
      do await fixture.turns();
      while (fixture.clock.advanceToNext());
    },
  };
  beforeEach(() => fixture.renew());
  afterAll(() => folder[Symbol.dispose]());
  return fixture;
}
