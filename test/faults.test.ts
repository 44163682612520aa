/**
 * The whole system on a local runtime with injected faults.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type LocalRuntime, startLocal } from '../local/start-local.ts';
import { until } from './kit/until.ts';

type GraphQlResponse = {
  data?: Record<string, { status: string; output: { json: string } }>;
  errors?: unknown;
};

/** Repeats the query until it succeeds. */
async function ask({ outputs }: LocalRuntime, query: string, variables: object) {
  for (;;) {
    const body = JSON.stringify({ query, variables });
    const headers = { 'x-api-key': outputs.apiKey };
    const response = await fetch(outputs.endpoint, { method: 'POST', headers, body }).catch(() => undefined);
    if (!response?.ok) continue;
    const { data, errors } = (await response.json()) as GraphQlResponse;
    expect(errors).toBeUndefined();
    return data;
  }
}

it('a process on a local runtime with faults ends correctly, once, and the faults are counted', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'faults-'));
  const runtime = await startLocal({
    app: join(import.meta.dirname, 'app.ts'),
    port: 0,
    dataDir,
    faults: {
      ...{ seed: 7, doubleEvent: 1, delayEvent: 0.5, delayEventMs: 100, slowLambda: 0.5, slowMs: 20 },
      // No faults on which an SDK may give up, since this process must end without an error.
      ...{ failGraphql: 0.2, loseGraphql: 0.2 },
    },
  });
  try {
    const variables = { id: randomUUID(), input: JSON.stringify({ words: ['tea'] }) };
    await ask(
      runtime,
      'mutation ($id: ID, $input: AWSJSON!) { startProcess(definition: "six-steps", input: $input, processId: $id) { status } }',
      variables,
    );
    const status = async () =>
      (await ask(runtime, 'query ($id: ID!) { processState(processId: $id) { status } }', variables))
        ?.processState?.status;
    await until(async () => (await status()) !== 'RUNNING');
    expect(await status()).toBe('SUCCEEDED');
    const data = await ask(
      runtime,
      'query ($id: ID!) { processData(processId: $id) { output { json } } }',
      variables,
    );
    expect(JSON.parse(data?.processData?.output.json ?? '')).toEqual({
      words: ['tea'],
      steps: ['A', 'B', 'C', 'D', 'E', 'F'],
    });
    const counts = runtime.faultCounts();
    expect(counts.doubleEvent).toBeGreaterThan(0);
    expect(counts.slowLambda).toBeGreaterThan(0);
    expect(counts.failGraphql + counts.loseGraphql).toBeGreaterThan(0);
    expect(counts.dropEvent).toBe(0);
  } finally {
    await runtime.close();
    rmSync(dataDir, { recursive: true });
  }
});
