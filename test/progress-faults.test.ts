/** Progress on a separate runtime with faults, whose requests to S3 are counted. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createProcessClient, createProcessId, type ProcessUpdate } from '../client/index.ts';
import { startLocal } from '../local/start-local.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'progress-'));
const runtime = await startLocal({
  app: join(import.meta.dirname, 'app.ts'),
  port: 0,
  dataDir,
  // Every push is lost, and one frame in twenty cuts its connection.
  faults: { seed: 7, dropPush: 1, cutSocket: 0.05 },
});
const { endpoint, realtimeEndpoint, apiKey } = runtime.outputs;
const client = createProcessClient({ endpoint, realtimeEndpoint, apiKey });
afterAll(async () => {
  client.dispose();
  await runtime.close();
  rmSync(dataDir, { recursive: true });
});

it('each document is reported once and before the end, although pushes are lost and connections cut', async () => {
  const updates: ProcessUpdate[] = [];
  await client.run('loop-and-map', { from: 20 }, { onUpdate: (update) => updates.push(update) });
  const steps = updates.flatMap((update) =>
    update.kind === 'step' ? [`${update.step.step}/${update.step.part}`] : [],
  );
  const expected = ['Square', 'Double'].flatMap((step) =>
    Array.from({ length: 20 }, (_, index) => `${step}/${index}`),
  );
  const entries = steps.filter((step) => step.startsWith('CountDown/'));
  expect(new Set(entries).size).toBe(20);
  expect(steps.toSorted()).toEqual([...entries, ...expected, 'AddUp/null'].toSorted());
  expect(updates.at(-1)).toMatchObject({ state: { status: 'SUCCEEDED', stepsDone: 4, stepsTotal: 4 } });
  expect(runtime.faultCounts().dropPush).toBeGreaterThan(0);
});

it('a list of names reads no document', async () => {
  const processId = createProcessId();
  await client.run('six-steps', { words: ['tea'] }, { processId });
  const read: string[] = [];
  const onRequest = (message: unknown) => {
    const { method, url = '' } = (message as { request: IncomingMessage }).request;
    if (method === 'GET' && url.includes(processId) && !url.includes('state.json')) read.push(url);
  };
  const ask = async (selection: string) => {
    read.length = 0;
    const query = `query ($id: ID!) { processData(processId: $id) { ${selection} } }`;
    const body = JSON.stringify({ query, variables: { id: processId } });
    const response = await fetch(endpoint, { method: 'POST', headers: { 'x-api-key': apiKey }, body });
    const { data } = (await response.json()) as { data: { processData: { steps: object[] } } };
    return data.processData.steps;
  };
  subscribe('http.server.request.start', onRequest);
  try {
    const names = await ask('steps { step part bytes writtenAt } nextToken');
    expect(names).toHaveLength(6);
    expect(names[0]).toMatchObject({ step: 'StepA', part: null });
    expect(read.filter((url) => !url.includes('list-type'))).toEqual([]);
    await ask('steps { step json }');
    expect(read.filter((url) => url.includes('/steps/'))).toHaveLength(6);
  } finally {
    unsubscribe('http.server.request.start', onRequest);
  }
});
