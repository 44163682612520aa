/**
 * Processes whose events are lost: a separate runtime, from which EventBridge receives no events,
 * or whose recorder fails.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcessClient, createProcessId, type ProcessClient } from '../client/index.ts';
import { executionInput, executionName } from '../core/definitions.ts';
import { indexKey, runningKey, stateKey } from '../core/keys.ts';
import { startedState } from '../core/state.ts';
import { outputsTexts } from '../local/outputs-files.ts';
import { type LocalRuntime, startLocal } from '../local/start-local.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'facade-repair-'));
let runtime: LocalRuntime;
let client: ProcessClient;
let s3: S3Client;
let lambda: LambdaClient;

beforeAll(async () => {
  runtime = await startLocal({
    app: join(import.meta.dirname, 'impatient-app.ts'),
    port: 0,
    dataDir: join(folder, 'data'),
    faults: { seed: 1, dropEvent: 1 },
  });
  const { endpoint, realtimeEndpoint, apiKey } = runtime.outputs;
  client = createProcessClient({ endpoint, realtimeEndpoint, apiKey });
  Object.assign(process.env, runtime.operatorEnvironment);
  s3 = new S3Client({});
  lambda = new LambdaClient({});
});
afterAll(async () => {
  client.dispose();
  await runtime.close();
  rmSync(folder, { recursive: true });
});

type Swept = { seen: number; checked: number; repaired: number; failed: number; wrapped: boolean };

async function sweep(): Promise<Swept> {
  const output = await lambda.send(new InvokeCommand({ FunctionName: runtime.outputs.sweepFunction }));
  expect(output.FunctionError).toBeUndefined();
  return JSON.parse(output.Payload?.transformToString() ?? '{}') as Swept;
}

/** Returns the stored record, without a read repair. */
async function recordOf(
  processId: string,
): Promise<{ status: string; version: number; error: string | null }> {
  const Key = stateKey({ owner: 'api-key', processId });
  const object = await s3.send(new GetObjectCommand({ Bucket: runtime.outputs.bucket, Key }));
  return JSON.parse((await object.Body?.transformToString()) ?? '');
}

async function isRunning(processId: string): Promise<boolean> {
  // An unread body would keep its connection open.
  const command = new HeadObjectCommand({
    Bucket: runtime.outputs.bucket,
    Key: runningKey({ owner: 'api-key', processId }),
  });
  return s3.send(command).then(
    () => true,
    () => false,
  );
}

const put = (Key: string, Body: string) =>
  s3.send(
    new PutObjectCommand({
      Bucket: runtime.outputs.bucket,
      Key,
      Body,
      ContentLength: Buffer.byteLength(Body),
      IfNoneMatch: '*',
    }),
  );

describe('without any event', () => {
  it('a reader of the state triggers DescribeExecution, and the end is recorded and published', async () => {
    const processId = createProcessId();
    await client.start('six-steps', { words: [] }, { processId });
    // This caller polls. The repair that it triggers publishes to the other one.
    const [read, pushed] = await Promise.all([
      client.wait(processId, { via: 'polling' }),
      client.wait(processId, { via: 'subscription' }),
    ]);
    expect(read).toMatchObject({ status: 'SUCCEEDED', version: 2, stepsDone: 6 });
    expect(pushed).toEqual(read);
    expect(await isRunning(processId)).toBe(false);
  });

  it('the sweep finds the end of a process that nobody reads, and publishes it', async () => {
    const processId = createProcessId();
    await client.start('six-steps', { words: [] }, { processId });
    let swept: Swept;
    do {
      swept = await sweep();
      expect(swept).toMatchObject({ failed: 0, wrapped: true });
    } while ((await recordOf(processId)).status === 'RUNNING');
    expect(await recordOf(processId)).toMatchObject({ status: 'SUCCEEDED', version: 2 });
    expect(await isRunning(processId)).toBe(false);
  });

  it('the sweep ends a process whose execution was never started as NotStarted, and a repeated start still starts it', async () => {
    const owned = { owner: 'api-key', processId: createProcessId(), definition: 'six-steps' };
    const began = new Date(Date.now() - 600_000);
    await put(stateKey(owned), JSON.stringify(startedState(owned, 'six-steps', 6, began)));
    await put(indexKey(owned, began), '');
    await put(runningKey(owned), JSON.stringify({ run: 0, id: 'test' }));
    do await sweep();
    while ((await recordOf(owned.processId)).status === 'RUNNING');
    expect(await recordOf(owned.processId)).toMatchObject({
      status: 'FAILED',
      error: 'NotStarted',
      version: 2,
    });
    await expect(client.redrive(owned.processId)).rejects.toMatchObject({ errorType: 'NotRedrivable' });
    expect(await client.start('six-steps', { words: [] }, { processId: owned.processId })).toMatchObject({
      status: 'RUNNING',
      version: 3,
    });
    expect(await client.wait(owned.processId)).toMatchObject({ status: 'SUCCEEDED', version: 4 });
  });
});

describe('npm run redeliver', () => {
  async function redeliver(
    environment: NodeJS.ProcessEnv = process.env,
    ...options: string[]
  ): Promise<{ code: number | null; printed: string; errors: string }> {
    const outputs = join(folder, 'outputs.json');
    for (const [file, content] of outputsTexts(outputs, runtime.outputs)) writeFileSync(file, content);
    const args = ['cli/process-facade.ts', 'redeliver', '--outputs', outputs, ...options];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = new Promise<number | null>((done) => child.once('close', done));
    const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await closed, printed, errors };
  }

  it('redrives an event of the dead-letter queue, and leaves one that fails again', async () => {
    const processId = createProcessId();
    await client.start('six-steps', { words: [] }, { processId });
    const data = { owner: 'api-key', processId, definition: 'six-steps' };
    const event = (input: string) =>
      JSON.stringify({
        detail: {
          executionArn: 'arn:of:it',
          name: executionName(data),
          status: 'ABORTED',
          input,
          stopDate: Date.now(),
          error: 'Stopped',
          cause: null,
          redriveCount: 0,
        },
      });
    const QueueUrl = runtime.outputs.deadLetterQueueUrl;
    const queue = new SQSClient({});
    await queue.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: event(executionInput(data)),
      }),
    );
    await queue.send(new SendMessageCommand({ QueueUrl, MessageBody: event('{}') }));
    const { code, printed, errors } = await redeliver();
    expect(printed).toBe('1 delivered, 1 failed\n');
    expect(errors).toContain('does not belong to this facade');
    expect(code).toBe(1);
    expect(await recordOf(processId)).toMatchObject({ status: 'ABORTED', version: 2, error: 'Stopped' });
    const empty = await redeliver(process.env, '--json');
    expect(empty).toMatchObject({ code: 0, printed: '{"delivered":0,"failed":0}\n' });
  });

  it('reaches a local runtime with the credentials next to its outputs', async () => {
    const lines = Object.entries(runtime.operatorEnvironment).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, 'operator.env'), lines.join(''));
    const others = { PATH: process.env.PATH, AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'somebody' };
    expect(await redeliver(others)).toMatchObject({ code: 0, printed: '0 delivered, 0 failed\n' });
  });
});
