import { DatabaseSync } from 'node:sqlite';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import { createAppSync } from '../appsync/appsync.ts';
import type { AwsEvent } from '../common/aws-event.ts';
import { listen } from '../common/http-server.ts';
import { createEventBridge } from '../eventbridge/eventbridge.ts';
import { createCredentials } from '../iam/credentials.ts';
import { createSignatureVerifier } from '../iam/sigv4.ts';
import { createAsyncInvoke } from '../lambda/async-invoke.ts';
import { createS3 } from '../s3/s3.ts';
import { ExecutionStore } from '../step-functions/execution/execution-store.ts';
import {
  createFakeLambda,
  type FakeFunction,
  functionArn,
  machineArn,
} from '../step-functions/serve-for-test.ts';
import { createStepFunctions } from '../step-functions/step-functions.ts';
import { createFaultInjector } from './fault-injector.ts';
import type { FaultKind, Faults } from './fault-kinds.ts';
import { createSeededRandom } from './seeded-random.ts';

export const API_KEY = 'da2-abcdefghijklmnopqrstuvwxyz';
export const BUCKET = 'data';

const place = { region: 'us-east-1', accountId: '000000000000' };
const ROLE = 'arn:aws:iam::000000000000:role/Test';

const TASK = {
  StartAt: 'Work',
  States: { Work: { Type: 'Task', Resource: functionArn('work'), End: true } },
};

const SCHEMA = `
  type Query { call(text: String): String }
  type Mutation { say(text: String!): String }
  type Subscription { said: String @aws_subscribe(mutations: ["say"]) }
`;

const resolver = (typeName: string, fieldName: string, dataSourceName: string, value: string) => ({
  typeName,
  fieldName,
  dataSourceName,
  code: `export function request(ctx) { return { operation: 'Invoke', payload: ctx.args }; }
         export function response(ctx) { if (ctx.error) util.error(ctx.error.message, ctx.error.type); return ${value}; }`,
});

/**
 * Serves the services on one port with faults, and without faults under `plain-…`. Events invoke
 * the function `onEvent`; the
 * machine `task` and the field `Query.call` call the function `work`; `Mutation.say` publishes.
 * `await using` ends it.
 */
export async function serveFaulty(faults: Faults, functions: Record<string, FakeFunction> = {}) {
  const folder = temporaryFolder('faults');
  const database = new DatabaseSync(':memory:');
  const injector = createFaultInjector(faults);
  const lambda = createFakeLambda({ work: () => 'done', onEvent: () => null, ...functions });
  const invokeLambda = injector.invoke(lambda.invoke);
  const credentials = createCredentials();
  const verifier = createSignatureVerifier(credentials, { region: place.region });

  const asyncInvoke = createAsyncInvoke({
    configs: [],
    invoke: invokeLambda,
    sendToQueue: () => {},
    database,
  });
  const eventBridge = createEventBridge({
    rules: [
      {
        name: 'all',
        arn: 'arn:aws:events:us-east-1:000000000000:rule/all',
        pattern: { account: [place.accountId] },
        enabled: true,
        targets: [{ id: 'Target0', arn: functionArn('onEvent') }],
      },
    ],
    enqueue: asyncInvoke.enqueue,
    executeGraphQl: async () => ({ data: null }),
    sendToQueue: () => {},
    database,
    ...place,
  });
  const emit = injector.emit(eventBridge.emit);
  const s3 = createS3({
    dataDir: folder.path,
    buckets: [{ name: BUCKET, versioned: false, eventBridge: true, cors: [] }],
    verifier,
    explainDenial: () => undefined,
    emit,
  });
  // The syntax of a definition that is kept is not checked again, which would take most of the time
  // of a test.
  new ExecutionStore(database).addDefinition(JSON.stringify(TASK));
  const stepFunctions = createStepFunctions({
    machines: [{ arn: machineArn('task'), name: 'task', roleArn: ROLE, definition: TASK }],
    invokeLambda,
    emit,
    database,
    verifier,
    isAllowed: () => true,
  });
  const appSync = createAppSync({
    api: {
      apiId: 'api1',
      authenticationType: 'API_KEY',
      additionalAuthenticationTypes: [],
      environmentVariables: {},
      ...place,
    },
    schema: SCHEMA,
    apiKeys: [{ value: API_KEY, expires: Date.now() / 1000 + 3600 }],
    dataSources: [
      { name: 'work', type: 'AWS_LAMBDA', functionArn: functionArn('work') },
      { name: 'none', type: 'NONE' },
    ],
    resolvers: [
      resolver('Query', 'call', 'work', 'ctx.result'),
      resolver('Mutation', 'say', 'none', 'ctx.args.text'),
    ],
    invokeLambda,
    verifier,
    isAllowed: () => true,
  });

  const server = await listen(0);
  server.serve(
    new Map([
      ['s3', injector.service('s3', s3.handleRequest)],
      ['states', injector.service('states', stepFunctions.handleRequest)],
      ['graphql', injector.service('graphql', appSync.handleRequest)],
      ['plain-s3', s3.handleRequest],
      ['plain-states', stepFunctions.handleRequest],
      ['plain-graphql', appSync.handleRequest],
    ]),
    new Map([['/graphql/realtime', injector.upgrade(appSync.handleUpgrade)]]),
  );
  asyncInvoke.start();
  eventBridge.start();

  const origin = `http://127.0.0.1:${server.port}`;
  const signer = { region: place.region, credentials: credentials.issue(ROLE, 'test') };
  const clients: { destroy(): void }[] = [];
  function clientOf<Client extends { destroy(): void }>(client: Client): Client {
    clients.push(client);
    return client;
  }

  return {
    faults: injector,
    lambda,
    appSync,
    origin,
    eventBridge,
    s3: (path: 's3' | 'plain-s3', maxAttempts = 1) =>
      clientOf(new S3Client({ endpoint: `${origin}/${path}`, maxAttempts, ...signer })),
    states: (path: 'states' | 'plain-states', maxAttempts = 1) =>
      clientOf(new SFNClient({ endpoint: `${origin}/${path}`, maxAttempts, ...signer })),
    graphql: (path: 'graphql' | 'plain-graphql', query: string) =>
      fetch(`${origin}/${path}`, {
        method: 'POST',
        headers: { 'x-api-key': API_KEY },
        body: JSON.stringify({ query }),
      }),
    /** Resolves when every event that has come to EventBridge is dealt with. */
    async delivered(): Promise<void> {
      await eventBridge.idle();
      await asyncInvoke.idle();
    },
    emit: (event: AwsEvent) => emit(event),
    async [Symbol.asyncDispose](): Promise<void> {
      for (const client of clients) client.destroy();
      injector.close();
      await eventBridge.close();
      await asyncInvoke.close();
      await stepFunctions.close();
      await s3.close();
      await appSync.close();
      await server.close();
      database.close();
      folder[Symbol.dispose]();
    },
  };
}

/**
 * Returns the first seed with this pattern for the fault: `[false, true]` is off for the first call
 * and on for the second.
 */
export function seedFor(kind: FaultKind, pattern: boolean[]): Faults {
  for (let seed = 0; ; seed++) {
    const faults = { seed, [kind]: 0.5 };
    const { shouldFail } = createSeededRandom(faults);
    if (pattern.every((fails) => fails === shouldFail(kind) > 0)) return faults;
  }
}
