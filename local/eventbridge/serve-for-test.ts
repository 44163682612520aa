import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

/** The bus as {@link serveEventBridge} serves it. */
export type ServedEventBridge = Disposable & {
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

/** Serves buses over a new database on a manual clock. `using` removes the database. */
export function serveEventBridge(): ServedEventBridge {
  const folder = temporaryFolder('events');
  const file = join(folder.path, 'events.sqlite');
  const served: ServedEventBridge = {
    clock: createManualClock(),
    database: open(file),
    respond: async () => ({ data: { publishProcessStep: { step: 'A' } } }),
    queued: [],
    requests: [],
    messages: [],
    logger: createRecordingLogger(),
    eventBridge: (...rules) =>
      createEventBridge({
        rules,
        enqueue: (arn, payload) => void served.queued.push({ functionArn: arn, payload }),
        executeGraphQl(endpoint, role, operation, variables) {
          served.requests.push({ endpointArn: endpoint, roleArn: role, operation, variables });
          return served.respond(String(variables.key));
        },
        sendToQueue(arn, body, attributes) {
          if (arn === 'missing') throw new Error('there is no such queue');
          served.messages.push({ arn, body: JSON.parse(body), attributes });
        },
        logger: served.logger,
        database: served.database,
        region: 'us-east-1',
        accountId: '000000000000',
        clock: served.clock,
      }),
    reopen() {
      served.database.close();
      served.database = open(file);
    },
    async turns() {
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    },
    async runToEnd() {
      do await served.turns();
      while (served.clock.advanceToNext());
    },
    [Symbol.dispose]() {
      if (served.database.isOpen) served.database.close();
      folder[Symbol.dispose]();
    },
  };
  return served;
}
