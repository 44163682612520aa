import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import type { AwsEvent } from '../common/aws-event.ts';
import { createManualClock, type ManualClock } from '../common/manual-clock.ts';
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

/** What tests of the bus work with. */
export type EventBridgeStage = {
  clock: ManualClock;
  database: DatabaseSync;
  /** What AppSync does; a test may set it. */
  answer: (key: string) => Promise<GraphQlResponse>;
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

/** Sets the stage for the tests of a file, anew for each. */
export function setEventBridgeStage(): EventBridgeStage {
  let folder = '';
  let file = '';
  let count = 0;
  const stage: EventBridgeStage = {
    clock: createManualClock(),
    database: new DatabaseSync(':memory:'),
    answer: async () => ({ data: null }),
    queued: [],
    requests: [],
    messages: [],
    logger: createRecordingLogger(),
    eventBridge: (...rules) =>
      createEventBridge({
        rules,
        enqueue: (arn, payload) => void stage.queued.push({ functionArn: arn, payload }),
        executeGraphQl(endpoint, role, operation, variables) {
          stage.requests.push({ endpointArn: endpoint, roleArn: role, operation, variables });
          return stage.answer(String(variables.key));
        },
        sendToQueue(arn, body, attributes) {
          if (arn === 'missing') throw new Error('there is no such queue');
          stage.messages.push({ arn, body: JSON.parse(body), attributes });
        },
        logger: stage.logger,
        database: stage.database,
        region: 'us-east-1',
        accountId: '000000000000',
        clock: stage.clock,
      }),
    renew() {
      file = join(folder, `${count++}.sqlite`);
      stage.database = open(file);
      stage.clock = createManualClock();
      stage.answer = async () => ({ data: { publishProcessStep: { step: 'A' } } });
      stage.queued = [];
      stage.requests = [];
      stage.messages = [];
      stage.logger = createRecordingLogger();
    },
    reopen() {
      stage.database.close();
      stage.database = open(file);
    },
    async turns() {
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    },
    async runToEnd() {
      do await stage.turns();
      while (stage.clock.advanceToNext());
    },
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'events-'));
  });
  beforeEach(() => stage.renew());
  afterAll(() => rm(folder, { recursive: true }));
  return stage;
}
