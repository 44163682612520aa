/**
 * The local runtime: the services of AWS that a facade uses, on one port of this machine, wired as
 * the template says.
 */
import { resolve } from 'node:path';
import type { OutputName } from '../core/output-names.ts';
import { createExplorer } from '../web-client/explorer/serve-explorer.ts';
import { createAppSync } from './appsync/appsync.ts';
import { openDataFolder } from './common/data-folder.ts';
import { listen } from './common/http-server.ts';
import { TargetError } from './eventbridge/errors.ts';
import { createEventBridge } from './eventbridge/eventbridge.ts';
import { createFaultInjector } from './faults/fault-injector.ts';
import type { FaultKind, Faults } from './faults/fault-kinds.ts';
import { createCredentials } from './iam/credentials.ts';
import { createIam, type Permissions } from './iam/iam.ts';
import { createSignatureVerifier } from './iam/sigv4.ts';
import { createAsyncInvoke } from './lambda/async-invoke.ts';
import type { LogLine } from './lambda/function.ts';
import { createInvokeHandler, LAMBDA_API_VERSIONS } from './lambda/Invoke.ts';
import { createLambda } from './lambda/lambda.ts';
import { createS3 } from './s3/s3.ts';
import { createSqs } from './sqs/sqs.ts';
import { createStepFunctions } from './step-functions/step-functions.ts';
import { apiOf } from './template/appsync-configuration.ts';
import { synthesize } from './template/assembly.ts';
import {
  asyncInvokesOf,
  bucketsOf,
  functionsOf,
  machinesOf,
  queuesOf,
  rulesOf,
} from './template/configuration.ts';
import { policiesOf } from './template/policies.ts';
import { ACCOUNT_ID, REGION } from './template/references.ts';
import { readStack } from './template/stack.ts';

/**
 * What a client needs to reach a facade: the same names for a local runtime and for a deployed
 * stack.
 */
export type Outputs = Record<OutputName, string>;

/**
 * Whoever holds the machine: an administrator, whom a bucket policy can deny something all the
 * same.
 */
const OPERATOR_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/Operator`;

/** What to serve, and where. */
export type LocalOptions = {
  /** The CDK app. */
  app: string;
  /** 0 takes a free port. */
  port: number;
  /** Made where it is not there; kept when the runtime closes. */
  dataDir: string;
  /** Faults to inject between the services. @default none */
  faults?: Faults | undefined;
  /** Gets each line that a function logs, and Lambda's own lines about it. */
  onLog?: (line: LogLine) => void;
  /** Told of what takes long. */
  onProgress?: (line: string) => void;
};

/** A running local runtime. */
export type LocalRuntime = {
  outputs: Outputs;
  /**
   * The environment by which AWS's SDKs reach the runtime's services as an operator who may do
   * everything.
   */
  operatorEnvironment: Record<string, string>;
  /** The permissions of the template's roles, for `npm run permissions`. */
  permissions: Permissions;
  /** Returns how often each fault was injected so far. */
  faultCounts(): Record<FaultKind, number>;
  /**
   * Closes sockets, functions and files. Executions are not ended: they run on after the next start
   * on the same folder.
   */
  close(): Promise<void>;
};

/**
 * Starts a facade on this machine. Ready when it returns. Throws a `StartError` whose message is
 * for people.
 *
 * @example
 * const runtime = await startLocal({ app: 'infra/app.ts', port: 0, dataDir: '.local/data' });
 * const client = createProcessClient(runtime.outputs);
 */
export async function startLocal(options: LocalOptions): Promise<LocalRuntime> {
  const { app, port, onLog = () => undefined, onProgress } = options;
  const folder = openDataFolder(resolve(options.dataDir));
  // What is open is closed in reverse, also when the start fails half-way.
  const closers: (() => Promise<void> | void)[] = [folder.close];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const server = await listen(port);
    closers.push(server.close);
    onProgress?.(`Reading ${app}`);
    const assembly = await synthesize(app, resolve('.local/assembly'));
    closers.push(assembly.release);
    const origin = `http://127.0.0.1:${server.port}`;
    const stack = readStack(assembly.folder, {
      region: REGION,
      accountId: ACCOUNT_ID,
      origin,
      apiKey: folder.apiKey,
    });
    const { database } = folder;
    const faults = createFaultInjector(options.faults ?? { seed: 0 });
    const place = { region: REGION, accountId: ACCOUNT_ID };

    const credentials = createCredentials();
    const verifier = createSignatureVerifier(credentials, { region: REGION });
    const { isAllowed, explainDenial, permissions } = createIam(policiesOf(stack), OPERATOR_ROLE);
    const environmentOf = (roleArn: string, sessionName: string) => {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials.issue(roleArn, sessionName);
      return {
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        AWS_ENDPOINT_URL_S3: `${origin}/s3`,
        AWS_ENDPOINT_URL_SFN: `${origin}/states`,
        AWS_ENDPOINT_URL_SQS: `${origin}/sqs`,
        AWS_ENDPOINT_URL_LAMBDA: origin,
      };
    };
    const functions = functionsOf(stack);
    const lambda = createLambda({
      functions,
      environmentFor: ({ roleArn, name }) => environmentOf(roleArn, name),
      onLog,
      region: REGION,
    });
    closers.push(lambda.close);
    const invokeLambda = faults.invoke(lambda.invoke);

    const sqs = createSqs({
      queues: queuesOf(stack),
      database,
      verifier,
      isAllowed,
    });
    const asyncInvoke = createAsyncInvoke({
      configs: asyncInvokesOf(stack),
      invoke: invokeLambda,
      sendToQueue: (arn, body, attributes, roleArn) => {
        if (roleArn !== undefined && !isAllowed(roleArn, 'sqs:SendMessage', arn))
          throw new Error(`${roleArn} is not authorized to perform: sqs:SendMessage`);
        sqs.send(arn, body, attributes);
      },
      database,
    });
    const { endpointArn, ...api } = apiOf(stack, folder.apiKey);
    const appsync = createAppSync({
      ...api,
      invokeLambda,
      isAllowed,
      verifier,
    });
    closers.push(appsync.close);
    const eventBridge = createEventBridge({
      rules: rulesOf(stack),
      enqueue: asyncInvoke.enqueue,
      executeGraphQl: (arn, roleArn, operation, variables) => {
        if (arn !== endpointArn) throw new TargetError('NO_RESOURCE', `There is no AppSync endpoint ${arn}`);
        return appsync.executeAsRole(roleArn, operation, variables);
      },
      sendToQueue: sqs.send,
      database,
      ...place,
    });
    const emit = faults.emit(eventBridge.emit);
    const s3 = createS3({
      dataDir: folder.path,
      buckets: bucketsOf(stack),
      verifier,
      explainDenial,
      emit,
    });
    closers.push(s3.close);
    const stepFunctions = createStepFunctions({
      machines: machinesOf(stack),
      invokeLambda,
      emit,
      database,
      verifier,
      isAllowed,
    });
    closers.push(stepFunctions.close, asyncInvoke.close, eventBridge.close);
    const outputs = { ...(stack.outputs as Outputs), consoleUrl: `${origin}/explorer` };
    const { endpoint, realtimeEndpoint, apiKey } = outputs;
    const explorer = createExplorer({
      config: { endpoint, realtimeEndpoint, apiKey },
      cacheDir: resolve('.local/explorer'),
    });
    closers.push(explorer.close, faults.close);

    const handleInvoke = createInvokeHandler({ functions, invoke: lambda.invokeLogged, verifier, isAllowed });
    const upgrade = faults.upgrade(appsync.handleUpgrade);
    server.serve(
      new Map([
        ['graphql', faults.service('graphql', appsync.handleRequest)],
        ['s3', faults.service('s3', s3.handleRequest)],
        ['states', faults.service('states', stepFunctions.handleRequest)],
        ['sqs', sqs.handleRequest],
        ...LAMBDA_API_VERSIONS.map((version) => [version, handleInvoke] as const),
        ['explorer', explorer.handleRequest],
      ]),
      new Map([
        ['/graphql', upgrade],
        ['/graphql/realtime', upgrade],
      ]),
    );
    asyncInvoke.start();
    eventBridge.start();
    stepFunctions.resume();
    return {
      outputs,
      operatorEnvironment: environmentOf(OPERATOR_ROLE, 'operator'),
      permissions,
      faultCounts: faults.counts,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
