/**
 * The local runtime: the AWS services of a facade, on one port of this machine, wired as the
 * template says.
 */
import { resolve } from 'node:path';
import { OUTPUT_NAMES, type OutputName } from '../core/output-names.ts';
import { createExplorer } from '../web-client/explorer/serve-explorer.ts';
import { createAppSync } from './appsync/appsync.ts';
import { type DataFolder, openDataFolder } from './common/data-folder.ts';
import { StartError } from './common/errors.ts';
import { listen, type Service } from './common/http-server.ts';
import { TargetError } from './eventbridge/errors.ts';
import { createEventBridge } from './eventbridge/eventbridge.ts';
import { createFaultInjector, type FaultInjector } from './faults/fault-injector.ts';
import type { FaultKind, Faults } from './faults/fault-kinds.ts';
import { createCredentials } from './iam/credentials.ts';
import { createIam, type Permissions } from './iam/iam.ts';
import { createSignatureVerifier } from './iam/sigv4.ts';
import { createAsyncInvoke } from './lambda/async-invoke.ts';
import type { LogLine } from './lambda/function.ts';
import { createInvokeHandler, LAMBDA_API_VERSIONS } from './lambda/Invoke.ts';
import { createLambda } from './lambda/lambda.ts';
import { type Endpoints, endpointVariables } from './other-services/endpoints.ts';
import { readLocalConfig } from './other-services/local-config.ts';
import { rejectOtherService } from './other-services/other-services.ts';
import { createS3 } from './s3/s3.ts';
import { createSqs } from './sqs/sqs.ts';
import { createStepFunctions } from './step-functions/step-functions.ts';
import { apisOf } from './template/appsync-configuration.ts';
import { synthesize } from './template/assembly.ts';
import {
  asyncInvokesOf,
  bucketsOf,
  functionsOf,
  machinesOf,
  queuesOf,
  rulesOf,
} from './template/configuration.ts';
import { passedOverLines } from './template/passed-over.ts';
import { policiesOf } from './template/policies.ts';
import { ACCOUNT_ID, REGION } from './template/references.ts';
import { type Facade, readStacks, type Stacks } from './template/stacks.ts';

/** The outputs of a facade, with the same names as those of a deployed stack. */
export type Outputs = Record<OutputName, string>;

/** The operator of this machine: an administrator, whom only a bucket policy can deny something. */
const OPERATOR_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/Operator`;

/** The options of {@link startLocal}. */
export type LocalOptions = {
  /** The CDK app. */
  app: string;
  /** 0 takes a free port. */
  port: number;
  /** Created if it is missing. It stays when the runtime closes. */
  dataDir: string;
  /** Faults to inject between the services. @default none */
  faults?: Faults | undefined;
  /**
   * Stand-ins on this machine for services of AWS that the local runtime does not serve, such as
   * `{ dynamodb: 'http://127.0.0.1:8000' }`. They replace those of `process-facade.local.ts`.
   */
  endpoints?: Endpoints;
  /** Receives each line that a function logs, and Lambda's own lines about it. */
  onLog?: (line: LogLine) => void;
  /** Receives a message before each step that takes long. */
  onProgress?: (line: string) => void;
};

/** A running local runtime. */
export type LocalRuntime = {
  /** Those of the first facade. */
  outputs: Outputs;
  /** The outputs of each facade, by its name: the path of its construct, with hyphens. */
  facades: Readonly<Record<string, Outputs>>;
  /**
   * The environment variables with which AWS's SDKs reach the services as an operator, who may do
   * everything.
   */
  operatorEnvironment: Record<string, string>;
  /** The permissions of the template's roles, for `npm run rights`. */
  permissions: Permissions;
  /** Returns how often each fault was injected so far. */
  faultCounts(): Record<FaultKind, number>;
  /**
   * Closes sockets, functions and files. Running executions do not end: they continue after the
   * next start on the same folder.
   */
  close(): Promise<void>;
};

/** Releases a resource. */
type Close = () => Promise<void> | void;

/**
 * Starts a facade on this machine, and resolves when it is ready. Rejects with a `StartError`,
 * whose message names the remedy.
 *
 * @example
 * const runtime = await startLocal({ app: 'infra/app.ts', port: 0, dataDir: '.local/data' });
 * const client = createProcessClient(runtime.outputs);
 */
export async function startLocal(options: LocalOptions): Promise<LocalRuntime> {
  const { app, port, onLog = () => undefined, onProgress } = options;
  const folder = openDataFolder(resolve(options.dataDir));
  // Closed in reverse order, also when the start fails half-way.
  const closers: Close[] = [folder.close];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const server = await listen(port);
    closers.push(server.close);
    onProgress?.(`Reading ${app}`);
    const { endpoints } = await readLocalConfig(app);
    const standIns = endpointVariables({ ...endpoints, ...options.endpoints });
    const assembly = await synthesize(app, resolve('.local/assembly'));
    closers.push(assembly.release);
    const origin = `http://127.0.0.1:${server.port}`;
    const environment = { region: REGION, accountId: ACCOUNT_ID, origin, apiKey: folder.apiKey };
    const stacks = readStacks(assembly.folder, environment);
    const faults = createFaultInjector(options.faults ?? { seed: 0 });
    const access = createAccess(stacks, origin, standIns);
    const services = createServices({ stacks, folder, access, faults, onLog, closers });
    for (const line of passedOverLines(stacks.passedOver())) onProgress?.(line);
    const sites = services.apis.map((api) => {
      const outputs = { ...outputsOf(api.facade), consoleUrl: `${origin}/explorer${api.path}` };
      const { endpoint, realtimeEndpoint, apiKey } = outputs;
      const explorer = createExplorer({
        config: { endpoint, realtimeEndpoint, apiKey },
        cacheDir: resolve('.local/explorer'),
      });
      closers.push(explorer.close);
      return { ...api, outputs, explorer };
    });
    closers.push(faults.close);

    server.serve(
      new Map([
        [
          'graphql',
          faults.service(
            'graphql',
            byPath(sites, ({ appSync }) => appSync.handleRequest),
          ),
        ],
        ['s3', faults.service('s3', services.s3.handleRequest)],
        ['states', faults.service('states', services.stepFunctions.handleRequest)],
        ['sqs', services.sqs.handleRequest],
        ...LAMBDA_API_VERSIONS.map((version) => [version, services.handleInvoke] as const),
        ['aws', rejectOtherService],
        ['explorer', byPath(sites, ({ explorer }) => explorer.handleRequest)],
      ]),
      new Map(
        sites.flatMap(({ path, appSync }) => {
          const upgrade = faults.upgrade(appSync.handleUpgrade);
          return ['', '/realtime'].map((end) => [`/graphql${path}${end}`, upgrade] as const);
        }),
      ),
    );
    services.start();
    const facades = Object.fromEntries(sites.map(({ facade, outputs }) => [facade.name, outputs]));
    return {
      outputs: Object.values(facades)[0] as Outputs,
      facades,
      operatorEnvironment: access.environmentOf(OPERATOR_ROLE, 'operator'),
      permissions: access.permissions,
      faultCounts: faults.counts,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Creates the credentials and permissions of a stack's roles. */
function createAccess(stacks: Stacks, origin: string, standIns: Record<string, string>) {
  const credentials = createCredentials();
  return {
    ...createIam(policiesOf(stacks), OPERATOR_ROLE, {
      onUnsupported: stacks.passOver,
      onUnknownManagedPolicy: (id, problems) => stacks.mention(id, problems.join('; ')),
    }),
    verifier: createSignatureVerifier(credentials, { region: REGION }),
    /** Returns the environment variables with which AWS's SDKs call the services as the role. */
    environmentOf(roleArn: string, sessionName: string) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials.issue(roleArn, sessionName);
      return {
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        AWS_ENDPOINT_URL: `${origin}/aws`,
        AWS_ENDPOINT_URL_S3: `${origin}/s3`,
        AWS_ENDPOINT_URL_SFN: `${origin}/states`,
        AWS_ENDPOINT_URL_SQS: `${origin}/sqs`,
        AWS_ENDPOINT_URL_LAMBDA: origin,
        ...standIns,
      };
    },
  };
}

/** Creates the services of a stack, wired as its template says. Nothing runs before `start`. */
function createServices({
  stacks,
  folder,
  access,
  faults,
  onLog,
  closers,
}: {
  stacks: Stacks;
  folder: DataFolder;
  access: ReturnType<typeof createAccess>;
  faults: FaultInjector;
  onLog: (line: LogLine) => void;
  /** Receives the resources of the services. */
  closers: Close[];
}) {
  const { database } = folder;
  const { verifier, isAllowed, explainDenial } = access;
  const functions = functionsOf(stacks);
  const lambda = createLambda({
    functions,
    environmentFor: ({ roleArn, name }) => access.environmentOf(roleArn, name),
    onLog,
    region: REGION,
    whyNotServed: stacks.whyNotServed,
  });
  closers.push(lambda.close);
  const invokeLambda = faults.invoke(lambda.invoke);
  const sqs = createSqs({ queues: queuesOf(stacks), database, verifier, isAllowed });
  const asyncInvoke = createAsyncInvoke({
    configs: asyncInvokesOf(stacks),
    invoke: invokeLambda,
    sendToQueue: (arn, body, attributes, roleArn) => {
      if (roleArn !== undefined && !isAllowed(roleArn, 'sqs:SendMessage', arn))
        throw new Error(`${roleArn} is not authorized to perform: sqs:SendMessage`);
      sqs.send(arn, body, attributes);
    },
    database,
  });
  const apis = apisOf(stacks, folder.apiKey).map(({ facade, endpointArn, ...api }) => {
    const appSync = createAppSync({ ...api, invokeLambda, isAllowed, verifier });
    closers.push(appSync.close);
    return { facade, path: facade.apiPath.replace(/^\/graphql/, ''), endpointArn, appSync };
  });
  const eventBridge = createEventBridge({
    rules: rulesOf(stacks),
    enqueue: asyncInvoke.enqueue,
    executeGraphQl: (arn, roleArn, operation, variables) => {
      const api = apis.find(({ endpointArn }) => endpointArn === arn);
      if (!api) throw new TargetError('NO_RESOURCE', `There is no AppSync endpoint ${arn}`);
      return api.appSync.executeAsRole(roleArn, operation, variables);
    },
    sendToQueue: sqs.send,
    database,
    region: REGION,
    accountId: ACCOUNT_ID,
    onUnsupported: (arn, error) => stacks.passOver(arn, [error.problem], error),
  });
  const emit = faults.emit(eventBridge.emit);
  const s3 = createS3({ dataDir: folder.path, buckets: bucketsOf(stacks), verifier, explainDenial, emit });
  closers.push(s3.close);
  const stepFunctions = createStepFunctions({
    machines: machinesOf(stacks),
    invokeLambda,
    emit,
    database,
    verifier,
    isAllowed,
    onUnsupported: (arn, error) => stacks.passOver(arn, error.problems, error),
  });
  closers.push(stepFunctions.close, asyncInvoke.close, eventBridge.close);
  return {
    apis,
    s3,
    sqs,
    stepFunctions,
    handleInvoke: createInvokeHandler({
      functions,
      invoke: lambda.invokeLogged,
      verifier,
      isAllowed,
      whyNotServed: stacks.whyNotServed,
    }),
    /** Starts deliveries and schedules, and continues executions of an earlier run. */
    start() {
      asyncInvoke.start();
      eventBridge.start();
      stepFunctions.resume();
    },
  };
}

/** Returns the outputs of a facade, without those that the app has for itself. */
function outputsOf({ name, outputs }: Facade): Outputs {
  const missing = OUTPUT_NAMES.filter((output) => outputs[output] === undefined);
  if (missing.length > 0)
    throw new StartError(`Expected the outputs ${missing.join(', ')} of facade ${name}`);
  return Object.fromEntries(OUTPUT_NAMES.map((output) => [output, outputs[output]])) as Outputs;
}

/** Serves each of the sites below its own path. */
function byPath<Site extends { path: string }>(
  sites: readonly Site[],
  serviceOf: (site: Site) => Service,
): Service {
  return async (request, response, path) => {
    const site = sites.find(
      (each) => path.startsWith(each.path) && /^([/?]|$)/.test(path.slice(each.path.length)),
    );
    if (site) return serviceOf(site)(request, response, path.slice(site.path.length));
    const paths = sites.map((each) => each.path).join(', ');
    response.writeHead(404).end(`Not found. Expected one of the facades ${paths}\n`);
  };
}
