/**
 * Where the scenarios play: two local runtimes of the same app, so that each right is in both. In
 * the quiet one no event comes, and everything happens when a scenario makes it happen; the other
 * is as usual.
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

/** Longer than anything of a scenario takes where nothing is refused, on a machine that is busy. */
const PATIENCE_MS = 10_000;

/** One runtime, with a caller and an operator of it. */
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

/** Both. */
export type World = { quiet: Side; usual: Side };

/** Starts them. */
export async function openWorld(): Promise<World & { close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'needed-rights-'));
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
        .find((arn) => arn.includes('StartDownstream'))
        ?.split(':')
        .at(-1) ?? '',
  };
}

/** What a function returned. Throws where it failed. */
export async function invoke({ lambda }: Side, name: string, event: unknown = {}): Promise<unknown> {
  const output = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const payload = output.Payload?.transformToString() ?? 'null';
  if (output.FunctionError !== undefined) throw new Error(payload);
  return JSON.parse(payload);
}

/** The execution once it has ended. */
export async function endOf({ stepFunctions }: Side, data: DataRef) {
  const command = new DescribeExecutionCommand({ executionArn: executionArn(data) });
  return eventually(`the end of ${data.definition}`, async () => {
    const found = await stepFunctions.send(command);
    return found.status === 'RUNNING' ? undefined : found;
  });
}

/** What `look` gives, once it gives something. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`${what} does not come`);
    await delay(20);
  }
}

/** So that no sweep has to look after what a scenario has left. */
export async function removeMarks({ bucket }: Side): Promise<void> {
  for (const { key } of await listObjects(bucket, RUNNING_PREFIX)) {
    const found = await getObject(bucket, key);
    if (found) await deleteObject(bucket, key, found.etag);
  }
}

/** Throws unless it holds. */
export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}
