/**
 * How soon the end of a process reaches its caller, and how many processes a local runtime carries.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessClient, createProcessId, type ProcessClient } from '../client/index.ts';
import { percentile } from './percentile.ts';
import type { Row } from './results.ts';
import { startServer } from './server.ts';

const POLL_MS = 1_500;
const LATENCY_RUNS = 30;
const THROUGHPUT_COUNTS = { 1: 20, 10: 100, 100: 300 };

/** Against a runtime in a process of its own. */
export async function measureDelivery(folder: string): Promise<Row[]> {
  const server = await startServer('test/app.ts', folder);
  try {
    using client = createProcessClient(server.outputs);
    return [
      { what: 'memory of the local runtime, before any process', value: `${server.megabytes()} MB` },
      ...(await measureLatency(client)),
      ...(await measureThroughput(client)),
      { what: 'memory of the local runtime, after all of these', value: `${server.megabytes()} MB` },
    ];
  } finally {
    await server.stop();
  }
}

/**
 * From the end of an execution to the caller: by push to the client's callback, and by a poll every
 * 1.5 s. The end is the state's `stoppedAt`; both callers and the runtime share one clock.
 */
async function measureLatency(client: ProcessClient): Promise<Row[]> {
  const pushed: number[] = [];
  const polled: number[] = [];
  for (let run = 0; run < LATENCY_RUNS; run++) {
    const processId = createProcessId();
    const poll = pollToEnd(client, processId);
    await client.run(
      'six-steps',
      { words: [] },
      {
        processId,
        via: 'subscription',
        onUpdate: (update) => {
          if (update.kind === 'state' && update.state.stoppedAt)
            pushed.push(Date.now() - Date.parse(update.state.stoppedAt));
        },
      },
    );
    polled.push(await poll);
  }
  const both = (values: number[]) => `${percentile(values, 50)} ms / ${percentile(values, 99)} ms`;
  const ratio = percentile(polled, 50) / Math.max(1, percentile(pushed, 50));
  return [
    { what: 'end to callback by push, p50 / p99', value: both(pushed) },
    { what: 'end to callback by a poll every 1.5 s, p50 / p99', value: both(polled) },
    { what: 'push is faster than polling, by p50', value: `${ratio.toFixed(0)} times` },
  ];
}

async function pollToEnd(client: ProcessClient, processId: string): Promise<number> {
  // A caller's polls do not begin in step with the process.
  await delay(Math.random() * POLL_MS);
  for (;;) {
    const state = await client.get(processId).catch(() => undefined);
    if (state?.stoppedAt) return Date.now() - Date.parse(state.stoppedAt);
    await delay(POLL_MS);
  }
}

/** Measures six-step processes from `run` to output, with the given number in flight. */
async function measureThroughput(client: ProcessClient): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [inFlight, count] of Object.entries(THROUGHPUT_COUNTS)) {
    const started = performance.now();
    let left = count;
    const worker = async () => {
      while (left-- > 0) await client.run('six-steps', { words: [] });
    };
    await Promise.all(Array.from({ length: Number(inFlight) }, worker));
    const seconds = (performance.now() - started) / 1_000;
    rows.push({
      what: `six-step processes per second, ${inFlight} in flight`,
      value: (count / seconds).toFixed(1),
    });
  }
  return rows;
}
