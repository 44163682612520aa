/**
 * What a process costs in requests to AWS, counted where they come in: at the HTTP server of a
 * local runtime in this process.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessClient, createProcessId, type ProcessClient } from '../client/index.ts';
import { startLocal } from '../local/start-local.ts';
import type { Row } from './results.ts';

const PROCESSES = 20;
const AT_ONCE = 50;
/** https://nodejs.org/docs/latest-v24.x/api/diagnostics_channel.html#http */
const REQUEST_START = 'http.server.request.start';
/** Nothing of a process is under way any more when no request has come for so long. */
const QUIET_MS = 1_500;

/** Requests so far. */
type Counts = { put: number; otherS3: number; stepFunctions: number; functions: number };

/**
 * Counts the requests of a start, of the same start again, of concurrent starts, and of a whole
 * process including what its events cause.
 */
export async function measureRequests(folder: string): Promise<Row[]> {
  return [
    // Without events, nothing but the start itself makes requests: its machine begins with a pause.
    ...(await counted(folder, { seed: 1, dropEvent: 1 }, async (client, count) => {
      const ids = newIds(PROCESSES);
      const start = (processId: string) => client.start('time-limit', {}, { processId });
      const once = await count(ids, start);
      const again = await count(ids, start);
      const atOnce = await count(newIds(1), (id) =>
        Promise.all(Array.from({ length: AT_ONCE }, () => start(id))),
      );
      return [
        {
          what: 'requests of a bare start, one PutObject and one StartExecution',
          value: format({ put: 1, otherS3: 0, stepFunctions: 1, functions: 1 }, 1),
        },
        { what: 'requests of a start', value: format(once, PROCESSES) },
        {
          what: 'S3 requests of a start against those of a bare one',
          value: `${((once.put + once.otherS3) / PROCESSES).toFixed(1)} times`,
        },
        {
          what: 'requests of the same start again, while the process runs or has ended',
          value: format(again, PROCESSES),
        },
        { what: `requests of each of ${AT_ONCE} starts of one id at once`, value: format(atOnce, AT_ONCE) },
      ];
    })),
    ...(await counted(folder, undefined, async (client, count) => {
      const run = (processId: string) =>
        client.run('six-steps', { words: [] }, { processId, via: 'subscription' });
      return [
        {
          what: 'requests of a six-step process from start to output, pushed',
          value: format(await count(newIds(PROCESSES), run), PROCESSES),
        },
      ];
    })),
  ];
}

async function counted(
  folder: string,
  faults: Parameters<typeof startLocal>[0]['faults'],
  measure: (
    client: ProcessClient,
    count: (ids: string[], work: (id: string) => Promise<unknown>) => Promise<Counts>,
  ) => Promise<Row[]>,
): Promise<Row[]> {
  const now: Counts = { put: 0, otherS3: 0, stepFunctions: 0, functions: 0 };
  let lastAt = 0;
  const onRequest = (message: unknown) => {
    const { method, url = '' } = (message as { request: IncomingMessage }).request;
    lastAt = Date.now();
    if (url.startsWith('/s3/')) now[method === 'PUT' ? 'put' : 'otherS3']++;
    if (url.startsWith('/states')) now.stepFunctions++;
  };
  const runtime = await startLocal({
    app: 'test/app.ts',
    port: 0,
    dataDir: mkdtempSync(join(folder, 'data-')),
    faults,
    onLog: ({ level, text }) => {
      if (level === 'platform' && text.startsWith('START ')) now.functions++;
    },
  });
  subscribe(REQUEST_START, onRequest);
  try {
    using client = createProcessClient(runtime.outputs);
    return await measure(client, async (ids, work) => {
      const before = { ...now };
      for (const id of ids) await work(id);
      while (Date.now() - lastAt < QUIET_MS) await delay(100);
      return {
        put: now.put - before.put,
        otherS3: now.otherS3 - before.otherS3,
        stepFunctions: now.stepFunctions - before.stepFunctions,
        functions: now.functions - before.functions,
      };
    });
  } finally {
    unsubscribe(REQUEST_START, onRequest);
    await runtime.close();
  }
}

function newIds(count: number): string[] {
  return Array.from({ length: count }, createProcessId);
}

function format({ put, otherS3, stepFunctions, functions }: Counts, processes: number): string {
  const each = (count: number) => Number((count / processes).toFixed(1));
  return `S3 ${each(put)} PUT + ${each(otherS3)} other, Step Functions ${each(stepFunctions)}, functions ${each(functions)}`;
}
