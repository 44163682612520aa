/**
 * The step in Python of examples/python-step, against the local S3. Without Python and a boto3 that
 * knows conditional writes, one test is reported as skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../local/iam/credentials.ts';
import { serveS3, TEST_ROLE } from '../../local/s3/serve-for-test.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/python-step');
const here = (file: string) => join(import.meta.dirname, file);

const processData = 'processes/api-key/0190163d-8694-739b-aea5-966c26f8ad90/order';
const event = {
  bucket: 'data',
  processData,
  document: `${processData}/steps/Score.json`,
  attempt: 0,
  state: {},
};
const order = { customer: { name: 'Ada Lovelace' }, address: { name: 'Charles Babbage' } };

/** S3 with the documents that the step reads, and the invocation of its handler. */
async function serveStep(documents: Record<string, unknown>) {
  const credentials = createCredentials();
  const { accessKeyId, secretAccessKey, sessionToken } = credentials.issue(TEST_ROLE, 'test');
  const served = await serveS3({ credentials });
  for (const [key, value] of Object.entries(documents)) {
    const Body = JSON.stringify(value);
    await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: `${processData}/${key}`, Body }));
  }
  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL_S3: served.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    PYTHONPATH: [EXAMPLE, process.env.PYTHONPATH]
      .filter(Boolean)
      .join(process.platform === 'win32' ? ';' : ':'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return {
    async invoke(...args: string[]): Promise<unknown> {
      const child = spawn('python3', [here('invoke.py'), ...args], { env: environment });
      child.stdin.end(JSON.stringify(event));
      const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
      if (!printed) throw new Error(errors);
      return JSON.parse(printed);
    },
    async document() {
      const { Body, Metadata } = await served.s3.send(
        new GetObjectCommand({ Bucket: 'data', Key: event.document }),
      );
      return { content: JSON.parse((await Body?.transformToString()) ?? ''), metadata: Metadata };
    },
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

const written = { 'input.json': order, 'steps/PriceOrder.json': { totalCents: 1_995 } };
const scored = { points: 50, reasons: ['sent to somebody else'] };

const probe = spawnSync('python3', [here('has-boto3.py')], { encoding: 'utf8' });

if (probe.status === 0) {
  describe('the step in Python', () => {
    it('writes its document and returns its result; a repeated run does no work again', async () => {
      await using step = await serveStep(written);
      expect(await step.invoke()).toEqual({ result: { review: true }, runs: 1 });
      const first = await step.document();
      expect(first.content).toEqual(scored);
      expect(await step.invoke()).toEqual({ result: { review: true }, runs: 0 });
      expect(await step.document()).toEqual(first);
    });

    it('that loses a race returns what the first attempt wrote', async () => {
      await using step = await serveStep({ ...written, 'input.json': { ...order, address: order.customer } });
      expect(await step.invoke('raced')).toEqual({ result: { review: false }, runs: 1 });
      expect((await step.document()).content).toEqual({ points: 0, reasons: [] });
    });

    it('is retried while a document is missing that it reads', async () => {
      await using step = await serveStep({ 'input.json': order });
      const missing = `${processData}/steps/PriceOrder.json`;
      expect(await step.invoke()).toEqual({ error: 'ProcessDataNotReady', missing, runs: 0 });
    });
  });
} else {
  const reason = (probe.error?.message ?? probe.stderr).trim().split('\n').at(-1);
  const left = `The step in Python was not tested: ${reason}. \`python3 -m pip install boto3\` installs what it needs.`;
  it(left, ({ skip }) => {
    // Not on the console, which is silent for passing files.
    process.stderr.write(`${left}\n`);
    skip(left);
  });
}
