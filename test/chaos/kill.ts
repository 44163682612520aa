/**
 * `npm run kill -- --kills 20 --seed 7`: the runtime is killed at random moments under load, and comes back. Proves that no accepted process
 * is missing, no object torn, and no step run again whose document was written.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Command } from 'commander';
import {
  createProcessClient,
  createProcessId,
  type ProcessClient,
  RequestError,
} from '../../client/index.ts';
import { stepKey } from '../../data/keys.ts';
import { startCounter } from './counter.ts';
import { createRandom } from './random.ts';
import { type KeptRuntime, keepRuntime } from './runtime.ts';

const IN_FLIGHT = 20;
/** Of the runtime, once its load goes on. */
const LONGEST_LIFE_MS = 3_000;

const program = new Command('npm run kill --')
  .description(
    'Kills a local runtime at random moments under load, and checks that nothing is lost, torn or done twice.',
  )
  .option('--kills <number>', 'how often', Number, 20)
  .option('--seed <number>', 'what decides the moments', Number, Math.ceil(Math.random() * 1e9))
  .parse();
const { kills, seed } = program.opts<{ kills: number; seed: number }>();
const random = createRandom(seed);
const folder = mkdtempSync(join(tmpdir(), 'facade-kill-'));
console.error(`Seed ${seed}: npm run kill -- --kills ${kills} --seed ${seed}`);

try {
  const runtime = await keepRuntime(folder, join(import.meta.dirname, '../impatient-app.ts'));
  const bucket = runtime.outputs.bucket;
  const counter = await startCounter(async ({ step, ...process }) => {
    const s3 = clientOf(runtime);
    try {
      await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: stepKey(process, { step }) }));
      return true;
    } finally {
      s3.destroy();
    }
  });
  const { endpoint, realtimeEndpoint, apiKey } = runtime.outputs;
  using client = createProcessClient({ endpoint, realtimeEndpoint, apiKey });

  const accepted: string[] = [];
  let loading = true;
  const load = Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (loading) {
        const processId = createProcessId();
        await persist(() => client.start('counted', { counter: counter.url }, { processId }));
        accepted.push(processId);
        await persist(() => client.wait(processId));
      }
    }),
  );
  for (let kill = 1; kill <= kills; kill++) {
    const before = counter.effects();
    while (counter.effects() === before) await delay(10);
    await delay(random() * LONGEST_LIFE_MS);
    await runtime.kill();
    console.error(`Kill ${kill}: ${accepted.length} accepted, ${counter.effects()} effects`);
  }
  loading = false;
  await load;
  const missing = await missingOf(client, accepted);
  const objects = await readAll(runtime, bucket);
  await runtime.stop();
  counter.close();
  console.log(`Kills         ${kills}, the runtime was started ${runtime.starts()} times`);
  console.log(`Processes     ${accepted.length} accepted, ${missing.length} missing or not SUCCEEDED`);
  console.log(`Objects       ${objects} read whole`);
  console.log(
    `Effects       ${counter.effects()}: ${counter.repeated()} repeated by steps that were cut off before they had written,`,
  );
  console.log(`              ${counter.wrong().length} by steps that had written`);
  const wrong = [...missing, ...counter.wrong()];
  for (const name of wrong) console.log(`WRONG         ${name}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function clientOf(runtime: KeptRuntime): S3Client {
  const environment = runtime.operatorEnvironment();
  return new S3Client({
    region: 'us-east-1',
    endpoint: environment.AWS_ENDPOINT_URL_S3 ?? '',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: environment.AWS_SESSION_TOKEN ?? '',
    },
  });
}

async function missingOf(client: ProcessClient, accepted: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const processId of accepted) {
    const state = await client.get(processId).catch(() => undefined);
    if (state?.status !== 'SUCCEEDED' || state.stepsDone !== 3)
      missing.push(`${processId} is ${state?.status ?? 'missing'}`);
  }
  return missing;
}

/** Reads every object; the SDK compares each with its checksum, and what is JSON must parse. */
async function readAll(runtime: KeptRuntime, bucket: string): Promise<number> {
  const s3 = clientOf(runtime);
  let read = 0;
  let after: string | undefined;
  for (;;) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, ...(after ? { StartAfter: after } : {}) }),
    );
    for (const { Key = '' } of page.Contents ?? []) {
      const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const content = (await object.Body?.transformToString()) ?? '';
      if (Key.endsWith('.json')) JSON.parse(content);
      read++;
      after = Key;
    }
    if (!page.IsTruncated) break;
  }
  s3.destroy();
  return read;
}

/** Tries again while the runtime is away. */
async function persist<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RequestError && error.retryable)) throw error;
      await delay(100);
    }
  }
}
