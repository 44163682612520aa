import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { example, type GraphQlError, newClient, outputs, post } from './facade.ts';

const client = newClient();
afterAll(() => client.dispose());

const START = `mutation ($definition: String!, $input: AWSJSON!, $processId: ID, $onConflict: ConflictPolicy) {
  startProcess(definition: $definition, input: $input, processId: $processId, onConflict: $onConflict) { processId status version }
}`;

async function start(variables: {
  definition?: string;
  input?: unknown;
  processId?: string;
  onConflict?: string;
}) {
  const { definition = 'six-steps', input = { words: [] }, ...rest } = variables;
  return post(START, {
    definition,
    input: typeof input === 'string' ? input : JSON.stringify(input),
    ...rest,
  });
}

async function errorOf(variables: Parameters<typeof start>[0]): Promise<GraphQlError | undefined> {
  const { status, body } = await start(variables);
  expect(status).toBe(200);
  expect(body.data?.startProcess ?? null).toBeNull();
  expect(body.errors).toHaveLength(1);
  return body.errors?.[0];
}

/** Expects that nothing visible to the owner was written for the id. */
async function expectNothing(processId: string): Promise<void> {
  await expect(client.get(processId)).rejects.toMatchObject({ errorType: 'ProcessNotFound' });
}

describe('a start', () => {
  it('with an input that is not JSON is rejected by AppSync, and nothing is written', async () => {
    const processId = createProcessId();
    const { body } = await start({ input: '{"words": [', processId });
    expect(body.data ?? null).toBeNull();
    expect(body.errors?.[0]?.message).toContain('input');
    await expectNothing(processId);
  });

  it('that violates the schema is InvalidInput with every path, and nothing is written', async () => {
    const processId = createProcessId();
    const input = {
      ...example('order'),
      customer: { name: '' },
      items: [{ sku: 'TEA-SENCHA', quantity: 0 }],
      more: 1,
    };
    const error = await errorOf({ definition: 'order', input, processId });
    expect(error?.errorType).toBe('InvalidInput');
    const problems = error?.errorInfo?.problems as { path: string; message: string }[];
    expect(problems.map(({ path }) => path).sort()).toEqual([
      '/customer/email',
      '/customer/name',
      '/items/0/quantity',
      '/more',
    ]);
    await expectNothing(processId);
  });

  it.each([
    ['a string', '"text"'],
    ['a number', '1'],
  ])('with %s for an input is InvalidInput', async (_, input) => {
    expect(await errorOf({ input })).toMatchObject({ errorType: 'InvalidInput' });
  });

  it('with null as the input is rejected by AppSync, which requires one', async () => {
    const { body } = await start({ input: 'null' });
    expect(body.data ?? null).toBeNull();
    expect(body.errors?.[0]?.message).toBe(
      "Variable 'input' has coerced Null value for NonNull type 'AWSJSON!'",
    );
  });

  it('of an unknown definition names the existing ones', async () => {
    const error = await errorOf({ definition: 'nothing' });
    expect(error).toMatchObject({ errorType: 'UnknownDefinition' });
    expect(error?.errorInfo?.known).toContain('order');
  });

  it.each(['1', 'not-a-uuid', '0190163D-8694-739B-AEA5-966C26F8AD90', '../../api-key/x'])(
    'with the processId %s, which is not a lowercase UUID, is InvalidInput',
    async (processId) => {
      expect(await errorOf({ processId })).toMatchObject({
        errorType: 'InvalidInput',
        errorInfo: { problems: [{ path: '/processId' }] },
      });
    },
  );

  it('with an input over the limit is InvalidInput, and nothing is written', async () => {
    const processId = createProcessId();
    const error = await errorOf({ input: { words: ['x'.repeat(700_001)] }, processId });
    expect(error).toMatchObject({ errorType: 'InvalidInput' });
    expect(error?.message).toMatch(/at most 700000 bytes/);
    await expectNothing(processId);
  });

  it('without a processId gets one from the API', async () => {
    const { body } = await start({});
    expect(body.data?.startProcess?.processId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    await client.wait(String(body.data?.startProcess?.processId));
  });

  it('that is repeated returns the process, running or ended, whatever the order of the keys', async () => {
    const processId = createProcessId();
    const order = example('order');
    const reversed = Object.fromEntries(Object.entries(order).reverse());
    await client.start('order', order, { processId });
    expect((await start({ definition: 'order', input: reversed, processId })).body.errors).toBeUndefined();
    await client.wait(processId);
    const again = await start({ definition: 'order', input: reversed, processId });
    expect(again.body.data?.startProcess).toMatchObject({ processId, status: 'SUCCEEDED', version: 2 });
  });

  it('repeated fifty times concurrently is one process', async () => {
    const processId = createProcessId();
    const responses = await Promise.all(Array.from({ length: 50 }, () => start({ processId })));
    for (const { body } of responses) {
      expect(body.errors).toBeUndefined();
      expect(body.data?.startProcess).toMatchObject({ processId });
    }
    expect(await client.wait(processId)).toMatchObject({ status: 'SUCCEEDED', version: 2, stepsDone: 6 });
  });

  it('of a taken id with another input or definition is ProcessConflict, which says what differs', async () => {
    const processId = createProcessId();
    await client.start('six-steps', { words: ['a'] }, { processId });
    expect(await errorOf({ processId, input: { words: ['b'] } })).toMatchObject({
      errorType: 'ProcessConflict',
      errorInfo: { differs: 'input' },
    });
    expect(await errorOf({ processId, definition: 'trial', input: {} })).toMatchObject({
      errorType: 'ProcessConflict',
      errorInfo: { differs: 'definition' },
    });
    expect(await errorOf({ processId, input: { words: ['a'] }, onConflict: 'REJECT' })).toMatchObject({
      errorType: 'ProcessConflict',
      errorInfo: { differs: 'none' },
    });
    expect(await client.wait(processId)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a caller', () => {
  it.each([
    ['without an API key', {}],
    ['with a wrong API key', { 'x-api-key': 'da2-wrongwrongwrongwrongwrongwr' }],
  ])('%s gets the 401 of AppSync', async (_, headers) => {
    const { status, body } = await post(
      '{ processDefinitions { name } }',
      {},
      headers as Record<string, string>,
    );
    expect(status).toBe(401);
    expect(body).not.toHaveProperty('data');
    expect(body.errors?.[0]).toMatchObject({ errorType: 'UnauthorizedException' });
  });

  it('with the API key may not publish', async () => {
    const state = `{ processId: "x", owner: "api-key", definition: "order", status: SUCCEEDED, version: 9,
      startedAt: "2026-01-01T00:00:00Z", stepsDone: 1, stepsTotal: 1 }`;
    const { status, body } = await post(`mutation { publishProcessState(state: ${state}) { processId } }`);
    expect(status).toBe(200);
    expect(body.data?.publishProcessState).toBeNull();
    expect(body.errors?.[0]).toMatchObject({
      errorType: 'Unauthorized',
      message: 'Not Authorized to access publishProcessState on type Mutation',
    });
  });

  it.each(['processState', 'processData'])(
    'asking for %s of an unknown process gets an error',
    async (field) => {
      const selection = field === 'processState' ? 'status' : 'processId';
      const id = createProcessId();
      for (const [processId, errorType] of [
        [id, 'ProcessNotFound'],
        [id.toUpperCase(), 'InvalidInput'],
        ['../other/x', 'InvalidInput'],
      ]) {
        const { body } = await post(`query ($id: ID!) { ${field}(processId: $id) { ${selection} } }`, {
          id: processId,
        });
        expect(body.errors?.[0]).toMatchObject({ errorType });
      }
    },
  );

  it('selecting the data of an unknown step gets an error that names the steps', async () => {
    const processId = createProcessId();
    await client.run('six-steps', { words: [] }, { processId });
    await expect(client.data(processId, { steps: ['StepX'] })).rejects.toMatchObject({
      errorType: 'InvalidInput',
    });
  });

  it('sees each definition with its schema, its machine and its steps', async () => {
    const definitions = await client.definitions();
    const order = definitions.find(({ name }) => name === 'order');
    expect(order?.steps).toHaveLength(7);
    expect(order).toMatchObject({ description: expect.stringContaining('order') });
    expect(outputs.region).not.toBe('');
  });
});
