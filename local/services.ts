/**
 * The services of a facade, wired as the template says.
 */
import { sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type AppSync, createAppSync } from './appsync/appsync.ts';
import type { DataFolder } from './common/data-folder.ts';
import { TargetError } from './eventbridge/errors.ts';
import { createEventBridge } from './eventbridge/eventbridge.ts';
import type { FaultInjector } from './faults/fault-injector.ts';
import { createCredentials } from './iam/credentials.ts';
import { createIam, type Iam } from './iam/iam.ts';
import { createSignatureVerifier } from './iam/sigv4.ts';
import { createAsyncInvoke } from './lambda/async-invoke.ts';
import type { LogLine } from './lambda/function.ts';
import { createInvokeHandler } from './lambda/Invoke.ts';
import { createLambda } from './lambda/lambda.ts';
import { createS3 } from './s3/s3.ts';
import { createSqs } from './sqs/sqs.ts';
import { createStepFunctions } from './step-functions/step-functions.ts';
import { apisOf } from './template/appsync-configuration.ts';
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
import type { Facade, Stacks } from './template/stacks.ts';

/** The operator of this machine: an administrator, whom only a bucket policy can deny something. */
export const OPERATOR_ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/Operator`;

/** Releases a resource. */
export type Close = () => Promise<void> | void;

/** Everything that the services take from the template. */
type Configuration = ReturnType<typeof configurationOf>;

function configurationOf(stacks: Stacks, apiKey: string) {
  return {
    functions: functionsOf(stacks),
    asyncInvokes: asyncInvokesOf(stacks),
    queues: queuesOf(stacks),
    buckets: bucketsOf(stacks),
    machines: machinesOf(stacks),
    rules: rulesOf(stacks),
    apis: apisOf(stacks, apiKey),
    policies: policiesOf(stacks),
  };
}

/** Creates the credentials and permissions of the stacks' roles. */
export function createAccess(stacks: Stacks, origin: string, standIns: Record<string, string>) {
  const credentials = createCredentials();
  const read = (policies: Configuration['policies'], { passOver, mention }: Stacks): Iam =>
    createIam(policies, OPERATOR_ROLE, {
      onUnsupported: passOver,
      onUnknownManagedPolicy: (id, problems) => mention(id, problems.join('; ')),
    });
  let iam = read(policiesOf(stacks), stacks);
  const current: Pick<Iam, 'isAllowed' | 'explainDenial'> = {
    isAllowed: (...request) => iam.isAllowed(...request),
    explainDenial: (...request) => iam.explainDenial(...request),
  };
  return {
    ...current,
    permissions: () => iam.permissions,
    /** Reads other policies, and returns a function that puts them in place. */
    prepare(policies: Configuration['policies'], changed: Stacks): () => void {
      const prepared = read(policies, changed);
      return () => {
        iam = prepared;
      };
    },
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

/** An API with the part of the configuration that it was made from. */
type ServedApi = {
  facade: Facade;
  path: string;
  endpointArn: string;
  configuration: object;
  appSync: AppSync;
};

/** Creates the services of an app, wired as its template says. Nothing runs before `start`. */
export function createServices({
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
  const configuration = configurationOf(stacks, folder.apiKey);
  /** The stacks to which a problem belongs. */
  let read = stacks;
  const lambda = createLambda({
    functions: configuration.functions,
    environmentFor: ({ roleArn, name }) => access.environmentOf(roleArn, name),
    onLog,
    region: REGION,
    whyNotServed: (arn) => read.whyNotServed(arn),
  });
  closers.push(lambda.close);
  const invokeLambda = faults.invoke(lambda.invoke);
  const sqs = createSqs({ queues: configuration.queues, database, verifier, isAllowed });
  const asyncInvoke = createAsyncInvoke({
    configs: configuration.asyncInvokes,
    invoke: invokeLambda,
    sendToQueue: (arn, body, attributes, roleArn) => {
      if (roleArn !== undefined && !isAllowed(roleArn, 'sqs:SendMessage', arn))
        throw new Error(`${roleArn} is not authorized to perform: sqs:SendMessage`);
      sqs.send(arn, body, attributes);
    },
    database,
  });
  let apis: ServedApi[] = [];
  apis = configuration.apis.map(serveApi);
  closers.push(async () => {
    await Promise.all(apis.map(({ appSync }) => appSync.close()));
  });
  const eventBridge = createEventBridge({
    rules: configuration.rules,
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
    onUnsupported: (arn, error) => read.passOver(arn, [error.problem], error),
  });
  const emit = faults.emit(eventBridge.emit);
  const { buckets } = configuration;
  const s3 = createS3({ dataDir: folder.path, buckets, verifier, explainDenial, emit });
  closers.push(s3.close);
  const stepFunctions = createStepFunctions({
    machines: configuration.machines,
    invokeLambda,
    emit,
    database,
    verifier,
    isAllowed,
    onUnsupported: (arn, error) => read.passOver(arn, error.problems, error),
  });
  closers.push(stepFunctions.close, asyncInvoke.close, eventBridge.close);

  /** An API without a change keeps its connections. Clients connect to a changed one again. */
  function serveApi({ facade, endpointArn, ...api }: Configuration['apis'][number]): ServedApi {
    const known = apis.find(({ configuration: each }) => isDeepStrictEqual(each, api));
    const appSync = known?.appSync ?? createAppSync({ ...api, invokeLambda, isAllowed, verifier });
    return {
      facade,
      path: facade.apiPath.replace(/^\/graphql/, ''),
      endpointArn,
      configuration: api,
      appSync,
    };
  }

  function prepareApis(changed: Configuration['apis']): () => void {
    const prepared = changed.map(serveApi);
    return () => {
      const isKept = ({ appSync }: ServedApi) => prepared.some((each) => each.appSync === appSync);
      for (const api of apis) if (!isKept(api)) void api.appSync.close();
      apis = prepared;
    };
  }

  return {
    apis: () => apis,
    s3,
    sqs,
    stepFunctions,
    handleInvoke: createInvokeHandler({
      lambda,
      verifier,
      isAllowed,
      whyNotServed: (nameOrArn) => read.whyNotServed(nameOrArn),
    }),
    /** Returns whether an invocation may still need code in the folder. */
    isCodeInUse: (assembly: string) => lambda.codeInUse().some((code) => code.startsWith(assembly + sep)),
    /** Starts deliveries and schedules, and continues executions of an earlier run. */
    start() {
      asyncInvoke.start();
      eventBridge.start();
      stepFunctions.resume();
    },
    /**
     * Serves another template from now on. Running executions and invocations continue as they
     * were started. Throws a `StartError`, without any effect, for a template that cannot be
     * served.
     */
    update(changed: Stacks) {
      const before = read;
      read = changed;
      try {
        const next = configurationOf(changed, folder.apiKey);
        const prepared = [
          access.prepare(next.policies, changed),
          prepareApis(next.apis),
          eventBridge.prepare(next.rules),
          stepFunctions.prepare(next.machines),
        ];
        s3.update(next.buckets);
        sqs.update(next.queues);
        lambda.update(next.functions);
        asyncInvoke.update(next.asyncInvokes);
        for (const putInPlace of prepared) putInPlace();
      } catch (error) {
        read = before;
        throw error;
      }
    },
  };
}
