import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { newClient } from './facade.ts';

const client = newClient();
afterAll(() => client.dispose());

describe('a delivery', () => {
  it('is added to the stock when it has arrived', async () => {
    const input = { sku: 'MUG-BLUE', quantity: 12, deliverySeconds: 0 };
    expect(await client.run('restock', input)).toEqual({ sku: 'MUG-BLUE', added: 12 });
  });

  it('that takes long can be stopped, and continues by a redrive', async () => {
    const processId = createProcessId();
    await client.start('restock', { sku: 'MUG-BLUE', quantity: 12, deliverySeconds: 3_600 }, { processId });
    for await (const update of client.watch(processId)) if (update.kind === 'step') break;
    await client.stop(processId, { reason: 'not yet' });
    await expect(client.wait(processId)).rejects.toMatchObject({
      name: 'ProcessAbortedError',
      cause: 'not yet',
    });

    expect(await client.redrive(processId)).toMatchObject({ status: 'RUNNING', stepsDone: 1 });
    await client.stop(processId);
  });
});
