/**
 * The kill run: a runtime is killed at random moments under load, and restarts. Steps have an
 * external effect, which is counted.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { createProcessClient, createProcessId, type ProcessClient } from '../../client/index.ts';
import { stepKey } from '../../core/keys.ts';
import { type Bucket, getMetadata, getObject, listObjects } from '../../core/objects.ts';
import { type Counter, startCounter } from './counter.ts';
import { persist } from './persist.ts';
import { createRandom } from './random.ts';
import { type KeptRuntime, keepRuntime } from './runtime.ts';

const APP = join(import.meta.dirname, '../impatient-app.ts');
const IN_FLIGHT = 20;
/** The longest life of the runtime, from the first step in it to its kill. */
const MAX_LIFE_MS = 3_000;

/** The settings of a run. */
export type KillOptions = {
  kills: number;
  /** Decides the moments. */
  seed: number;
  /** For the runtime's data; empty. */
  folder: string;
  onProgress?: (line: string) => void;
};

/** The result of a run. */
export type KillOutcome = {
  starts: number;
  /** The number of accepted processes. */
  accepted: number;
  /** Those of them that are missing, or did not succeed with all their steps. */
  missing: string[];
  /** The number of objects read, each complete: a torn one fails the run. */
  objects: number;
  /** The number of effects of the steps. */
  effects: number;
  /** Repeated effects of steps that were interrupted before they had written. */
  repeated: number;
  /** Repeated effects of steps that had written: there must be none. */
  wrong: string[];
};

/** Kills the runtime `kills` times, waits for every process, and checks the data. */
export async function runKills({ kills, seed, folder, onProgress }: KillOptions): Promise<KillOutcome> {
  const random = createRandom(seed);
  const over = new AbortController();
  const runtime = await keepRuntime(folder, APP);
  const counter = await startCounter((effect) => isWritten(runtime, { ...effect, definition: 'counted' }));
  try {
    using client = createProcessClient(runtime.outputs);
    const accepted: string[] = [];
    const load = Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (!over.signal.aborted) accepted.push(await runOne(client, counter));
      }),
    );
    const killing = async () => {
      for (let kill = 1; kill <= kills; kill++) {
        await underLoad(counter, over.signal);
        await delay(random() * MAX_LIFE_MS);
        await runtime.kill();
        onProgress?.(`Kill ${kill}: ${accepted.length} done, ${counter.effects()} effects`);
      }
      over.abort();
    };
    await Promise.all([load, killing()]);
    return {
      starts: runtime.starts(),
      accepted: accepted.length,
      missing: await missingOf(client, accepted),
      objects: await readAll(runtime),
      effects: counter.effects(),
      repeated: counter.repeated(),
      wrong: counter.wrong(),
    };
  } finally {
    over.abort();
    await runtime.stop();
    counter.close();
  }
}

/** Starts a process, waits for its success, and rejects with any other end. */
async function runOne(client: ProcessClient, counter: Counter): Promise<string> {
  const processId = createProcessId();
  await persist(() => client.start('counted', { counter: counter.url }, { processId }));
  await persist(() => client.wait(processId));
  return processId;
}

/** Resolves at the next effect of a step; rejects when the run is over. */
async function underLoad(counter: Counter, signal: AbortSignal): Promise<void> {
  const before = counter.effects();
  while (counter.effects() === before) await delay(10, undefined, { signal });
}

function bucketOf(runtime: KeptRuntime): Bucket {
  const environment = runtime.operatorEnvironment();
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: environment.AWS_ENDPOINT_URL_S3 ?? '',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: environment.AWS_SESSION_TOKEN ?? '',
    },
  });
  return { client, name: runtime.outputs.bucket };
}

async function isWritten(
  runtime: KeptRuntime,
  { step, ...process }: { processId: string; owner: string; definition: string; step: string },
): Promise<boolean> {
  const bucket = bucketOf(runtime);
  try {
    return (await getMetadata(bucket, stepKey(process, { step }))) !== undefined;
  } finally {
    bucket.client.destroy();
  }
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

/** Reads every object. The SDK verifies its checksum, and JSON must parse. */
async function readAll(runtime: KeptRuntime): Promise<number> {
  const bucket = bucketOf(runtime);
  try {
    const listed = await listObjects(bucket, '');
    for (const { key } of listed) {
      const object = await getObject(bucket, key);
      if (!object) throw new Error(`[${key}] is listed but missing`);
      if (key.endsWith('.json')) JSON.parse(object.text);
    }
    return listed.length;
  } finally {
    bucket.client.destroy();
  }
}
