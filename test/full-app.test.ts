/** An app with every option that concerns operators runs locally as well. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createProcessClient } from '../client/index.ts';
import { startLocal } from '../local/start-local.ts';
import { example } from './facade.ts';

const folder = mkdtempSync(join(tmpdir(), 'full-app-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('an app with a VPC, a key and monitoring runs an order, with a shipping that a step starts', async () => {
  const app = join(import.meta.dirname, 'full-app.ts');
  const lines: string[] = [];
  const runtime = await startLocal({ app, port: 0, dataDir: folder, onLog: ({ text }) => lines.push(text) });
  const client = createProcessClient(runtime.outputs);
  try {
    expect(await client.run('order', example('order'))).toMatchObject({ orderId: expect.any(String) });
    // The time from the end of the order to its push, as a metric.
    await expect
      .poll(() => lines.find((line) => line.includes('"DeliveryDelay":')), { timeout: 10_000 })
      .toBeDefined();
  } finally {
    client.dispose();
    await runtime.close();
  }
}, 180_000);
