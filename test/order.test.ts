import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { example, newClient, post } from './facade.ts';

const client = newClient();
afterAll(() => client.dispose());

type Confirmation = { orderId: string; totalCents: number; items: number; shippingProcessId: string };

const START = `mutation ($input: AWSJSON!, $processId: ID) {
  startProcess(definition: "order", input: $input, processId: $processId) {
    processId owner definition status version startedAt stoppedAt error cause stepsDone stepsTotal
  }
}`;

describe('an order', () => {
  it('started by a plain request returns its RUNNING state at once', async () => {
    const { status, body } = await post(START, { input: JSON.stringify(example('order')) });
    expect(status).toBe(200);
    expect(body.errors).toBeUndefined();
    expect(body.data?.startProcess).toMatchObject({
      owner: 'api-key',
      definition: 'order',
      status: 'RUNNING',
      version: 1,
      stoppedAt: null,
      error: null,
      cause: null,
      stepsDone: 0,
      stepsTotal: 7,
    });
    await client.wait(String(body.data?.startProcess?.processId));
  });

  it('is published step by step to a subscriber, then SUCCEEDED', async () => {
    const processId = createProcessId();
    const seen: string[] = [];
    const output = await client.run<Confirmation>('order', example('order'), {
      processId,
      via: 'subscription',
      onUpdate: (update) => seen.push(update.kind === 'step' ? update.step.step : update.state.status),
    });
    expect(output).toMatchObject({ orderId: 'A-1001' });
    expect(seen.at(-1)).toBe('SUCCEEDED');
    expect(seen).toContain('ValidateOrder');
    expect(seen.filter((word) => word === 'SUCCEEDED')).toHaveLength(1);
  });

  it('can be read with its input, the document of every step, and its output', async () => {
    const processId = createProcessId();
    await client.run('order', example('order'), { processId });
    const data = await client.data(processId);
    expect(data.input.content).toEqual(example('order'));
    expect(data.steps.map(({ step }) => step).sort()).toEqual([
      'AuthorizePayment',
      'ConfirmOrder',
      'PriceOrder',
      'ReserveStock',
      'StartShipping',
      'ValidateOrder',
    ]);
    const priced = data.steps.find(({ step }) => step === 'PriceOrder')?.content as { totalCents: number };
    expect(data.output?.content).toMatchObject({ totalCents: priced.totalCents });
    // A browser receives this if the document is not inline.
    for (const { url, bytes } of data.steps) {
      const response = await fetch(url);
      expect((await response.arrayBuffer()).byteLength).toBe(bytes);
    }
  });

  it('starts its shipping as a separate process, which can be watched and read by its own id', async () => {
    const { shippingProcessId } = (await client.run<Confirmation>('order', example('order'))) ?? {};
    const shipped = await client.wait(String(shippingProcessId));
    expect(shipped).toMatchObject({
      definition: 'shipping',
      status: 'SUCCEEDED',
      owner: 'api-key',
      stepsDone: 3,
    });
    const data = await client.data(String(shippingProcessId));
    expect(data.output?.step).toBe('Dispatch');
    expect(data.input.content).toMatchObject({ orderId: 'A-1001' });
  });

  it('with a declined card ends FAILED with error and cause, after its stock was released', async () => {
    const processId = createProcessId();
    const failure = await client
      .run('order', example('order-declined'), { processId })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'ProcessFailedError',
      processId,
      error: 'PaymentDeclined',
      cause: 'The card was declined; the stock was released',
    });
    const data = await client.data(processId);
    const released = data.steps.find(({ step }) => step === 'ReleaseStock')?.content;
    const reserved = data.steps.find(({ step }) => step === 'ReserveStock')?.content as {
      reserved: unknown[];
    };
    expect(reserved.reserved.length).toBeGreaterThan(0);
    expect(released).toEqual({ released: reserved.reserved, voidedCents: 0 });
    expect(data.output).toBeNull();
  });

  it('for more than is in stock ends FAILED as OutOfStock, and its payment is voided', async () => {
    const processId = createProcessId();
    const greedy = { ...example('order'), items: [{ sku: 'KETTLE-1L', quantity: 4 }] };
    const failure = await client.run('order', greedy, { processId }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      error: 'OutOfStock',
      cause: 'KETTLE-1L: 4 ordered, 3 in stock; nothing was charged',
    });
    const [release] = (await client.data(processId, { steps: ['ReleaseStock'] })).steps;
    expect(release?.content).toEqual({ released: [], voidedCents: 19_600 });
  });

  it('for an unknown product ends FAILED as UnknownProduct', async () => {
    const unknown = { ...example('order'), items: [{ sku: 'COFFEE', quantity: 1 }] };
    await expect(client.run('order', unknown)).rejects.toMatchObject({
      error: 'UnknownProduct',
      cause: 'Order A-1001 has unknown products [COFFEE]',
    });
  });

  it('has the same result by polling only', async () => {
    using polling = newClient({ via: 'polling' });
    expect(await polling.run('order', example('order'))).toMatchObject({ orderId: 'A-1001' });
    await expect(polling.run('order', example('order-declined'))).rejects.toMatchObject({
      error: 'PaymentDeclined',
    });
  });
});
