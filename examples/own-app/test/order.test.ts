import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startLocal } from 'process-facade/local';
import { createProcessClient } from 'process-facade-client';
import type { Definitions } from '../definitions.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'own-app-'));
const runtime = await startLocal({ app: 'bin/app.ts', port: 0, dataDir });
const client = createProcessClient<Definitions>(runtime.outputs);

after(async () => {
  client.dispose();
  await runtime.close();
  rmSync(dataDir, { recursive: true });
});

describe('an order', () => {
  it('is confirmed with its price', async () => {
    const confirmation = await client.run('order', { orderId: 'A-1', quantity: 3 });
    assert.deepEqual(confirmation, { orderId: 'A-1', totalCents: 750 });
  });

  it('of nothing is rejected', async () => {
    const ordered = client.run('order', { orderId: 'A-2', quantity: 0 });
    await assert.rejects(ordered, { errorType: 'InvalidInput' });
  });
});
