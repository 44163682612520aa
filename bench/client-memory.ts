/** What a waiting process takes in the client: many at once, on one socket. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { createProcessClient, createProcessId, type Via } from '../client/index.ts';
import { percentile } from './percentile.ts';
import type { Row } from './results.ts';

const WAITING = 10_000;
const SAMPLES = 5;
const SAMPLE_EVERY_MS = 2_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * By subscription and by polling alone. The server is a thread of its own, whose heap does not
 * count.
 */
export async function measureClientMemory(): Promise<Row[]> {
  const server = new Worker(new URL('./waiting-server.ts', import.meta.url));
  const [endpoint] = (await once(server, 'message')) as [string];
  try {
    const subscribed = await bytesPerWait(endpoint, 'subscription');
    const polled = await bytesPerWait(endpoint, 'polling');
    const sockets = new Promise<number>((done) => server.once('message', done));
    server.postMessage('how many sockets were opened?');
    return [
      {
        what: `heap of the client for each of ${WAITING} waits on ${await sockets} socket`,
        value: `${subscribed} bytes`,
      },
      { what: 'the same by polling alone', value: `${polled} bytes` },
    ];
  } finally {
    await server.terminate();
  }
}

async function bytesPerWait(endpoint: string, via: Via): Promise<number> {
  let responses = 0;
  const counted: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    responses++;
    return response;
  };
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  using client = createProcessClient({ endpoint, apiKey: 'key', via, fetch: counted });
  for (let wait = 0; wait < WAITING; wait++) client.wait(createProcessId()).catch(() => undefined);
  // All are followed when each has been fetched.
  while (responses < WAITING) await delay(50);
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await delay(SAMPLE_EVERY_MS);
    collectGarbage();
    samples.push(process.memoryUsage().heapUsed - before);
  }
  return Math.round(percentile(samples, 50) / WAITING);
}
