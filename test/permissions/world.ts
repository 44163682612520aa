/**
 * Two local runtimes of the same app, so that both have each permission. The quiet one drops all
 * events: things happen only when a scenario triggers them. The other one behaves as usual.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createProcessClient, type ProcessClient } from '../../client/index.ts';
import { executionArn } from '../../core/definitions.ts';
import { type DataRef, RUNNING_PREFIX } from '../../core/keys.ts';
import { type Bucket, deleteObject, getObject, listObjects } from '../../core/objects.ts';
import { type LocalRuntime, startLocal } from '../../local/start-local.ts';

/** Longer than any step of a scenario takes with all permissions, even on a busy machine. */
const PATIENCE_MS = 10_000;

/** One runtime, with clients for a caller and an operator. */
export type Side = {
  runtime: LocalRuntime;
  client: ProcessClient;
  bucket: Bucket;
  lambda: LambdaClient;
  stepFunctions: SFNClient;
  queues: SQSClient;
  /** The name of the function that starts processes for steps. */
  startDownstream: string;
};

/** Both runtimes. */
export type World = { quiet: Side; usual: Side };

/** Starts both runtimes. */
export async function openWorld(): Promise<World & { close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'permissions-'));
  const quiet = await openSide(join(folder, 'quiet'), { seed: 1, dropEvent: 1 });
  const usual = await openSide(join(folder, 'usual'));
  process.env.MACHINE_ARN_PREFIX = quiet.runtime.outputs.machineArnPrefix;
  return {
    quiet,
    usual,
    async close() {
      for (const { client, runtime } of [quiet, usual]) {
        client.dispose();
        await runtime.close();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openSide(dataDir: string, faults?: { seed: number; dropEvent: number }): Promise<Side> {
  const app = join(import.meta.dirname, 'app.ts');
  const runtime = await startLocal({ app, port: 0, dataDir, faults });
  const resources = runtime.permissions.list().map(({ resource }) => resource);
  const environment = runtime.operatorEnvironment;
  const of = (endpoint: string) => ({
    endpoint: String(environment[endpoint]),
    region: String(environment.AWS_REGION),
    credentials: {
      accessKeyId: String(environment.AWS_ACCESS_KEY_ID),
      secretAccessKey: String(environment.AWS_SECRET_ACCESS_KEY),
      sessionToken: String(environment.AWS_SESSION_TOKEN),
    },
  });
  return {
    runtime,
    client: createProcessClient({ ...runtime.outputs, via: 'polling' }),
    bucket: { client: new S3Client(of('AWS_ENDPOINT_URL_S3')), name: runtime.outputs.bucket },
    lambda: new LambdaClient(of('AWS_ENDPOINT_URL_LAMBDA')),
    stepFunctions: new SFNClient(of('AWS_ENDPOINT_URL_SFN')),
    queues: new SQSClient(of('AWS_ENDPOINT_URL_SQS')),
    startDownstream:
      resources
        .find((arn) => /:function:.*StartDownstream/.test(arn))
        ?.split(':')
        .at(-1) ?? '',
  };
}

/** Invokes a function and returns its result. Throws if it fails. */
export async function invoke({ lambda }: Side, name: string, event: unknown = {}): Promise<unknown> {
  const output = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const payload = output.Payload?.transformToString() ?? 'null';
  if (output.FunctionError !== undefined) throw new Error(payload);
  return JSON.parse(payload);
}

/** Waits for the execution to end and returns it. */
export async function endOf({ stepFunctions }: Side, data: DataRef) {
  const command = new DescribeExecutionCommand({ executionArn: executionArn(data) });
  return eventually(`the end of ${data.definition}`, async () => {
    const found = await stepFunctions.send(command);
    return found.status === 'RUNNING' ? undefined : found;
  });
}

/** Calls `look` until it returns a value. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`Timed out waiting for ${what}`);
    await delay(20);
  }
}

/** Removes the markers that a scenario leaves, so that no sweep processes them. */
export async function removeMarkers({ bucket }: Side): Promise<void> {
  for (const { key } of await listObjects(bucket, RUNNING_PREFIX)) {
    const found = await getObject(bucket, key);
    if (found) await deleteObject(bucket, key, found.etag);
  }
}

/** Throws unless the condition holds. */
export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Expected ${what}`);
}
