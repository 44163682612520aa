import { describe, expect, it } from 'vitest';
import { ClientDisposedError } from './errors.ts';
import { createProcessClient } from './process-client.ts';
import { createProcessId } from './process-id.ts';
import { testState, until } from './test-server.ts';
import { collect, observe, startTestSetup } from './test-setup.ts';

const id = createProcessId();
const running = testState(id);
const succeeded = testState(id, { status: 'SUCCEEDED', version: 2, stepsDone: 6 });

function failWith(errorType: string | undefined, errorInfo: unknown = null) {
  const error = { path: ['startProcess'], errorType, errorInfo, message: 'No.' };
  return { body: { data: null, errors: [error] } };
}

describe('start', () => {
  it('sends the input as JSON with an id from the client, and returns the first state', async () => {
    await using setup = await startTestSetup();
    const state = await setup.client.start('order', { items: [1] });

    const [request] = setup.server.requests;
    expect(request?.variables).toEqual({
      definition: 'order',
      input: '{"items":[1]}',
      processId: state.processId,
      onConflict: 'JOIN',
    });
    expect(state.processId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each([
    ['a cut connection', 'cut' as const],
    ['an error inside the API', failWith('InternalError')],
    ['a failure that the API has no name for', failWith('Lambda:Unhandled')],
    ['throttling', { status: 429, body: '' }],
    ['a gateway that is down', { status: 502, body: '<html>' }],
  ])('is tried again with the same id after %s', async (_, fault) => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.intercept = (_request, count) => (count < 3 ? fault : undefined);
    const started = client.start('order', {});
    for (const requests of [1, 2]) {
      await setup.responded(requests);
      clock.advance(30_000);
    }
    await started;
    expect(new Set(server.requests.map(({ variables }) => variables.processId)).size).toBe(1);
    expect(server.requests).toHaveLength(3);
  });

  it('gives up after five attempts', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.intercept = () => 'cut';
    const started = observe(client.start('order', {}));
    for (const requests of [1, 2, 3, 4]) {
      await setup.responded(requests);
      clock.advance(30_000);
    }
    await until(() => started.settled);
    expect(started.error).toMatchObject({ name: 'RequestError', errorType: 'NetworkError', status: 0 });
    expect(server.requests).toHaveLength(5);
    expect(clock.delaysMs()).toEqual([]);
  });

  it('treats a response that takes longer than 35 s as lost', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.intercept = (_, count) => (count === 1 ? 'hang' : undefined);
    const started = client.start('order', {});
    await until(() => server.requests.length === 1);
    clock.advance(35_000);
    await until(() => clock.delaysMs().length === 1);
    clock.advance(30_000);
    await started;
  });

  it.each(['InvalidInput', 'UnknownDefinition', 'ProcessConflict', 'Unauthorized', undefined])(
    'is not tried again when the caller is at fault (%s)',
    async (errorType) => {
      await using setup = await startTestSetup();
      setup.server.intercept = () => failWith(errorType, ['/items/0']);
      await expect(setup.client.start('order', {})).rejects.toMatchObject({
        name: 'RequestError',
        message: 'No.',
        errorType: errorType ?? 'GraphQLError',
        errorInfo: ['/items/0'],
        path: ['startProcess'],
        status: 200,
        retryable: false,
      });
      expect(setup.server.requests).toHaveLength(1);
    },
  );

  it('with REJECT is not retried, because the lost start would make it fail', async () => {
    await using setup = await startTestSetup();
    setup.server.intercept = () => 'cut';
    await expect(setup.client.start('order', {}, { onConflict: 'REJECT' })).rejects.toMatchObject({
      errorType: 'NetworkError',
    });
    expect(setup.server.requests).toHaveLength(1);
  });

  it('rejects an input that JSON would change, or that is too large, before it is sent', async () => {
    await using setup = await startTestSetup();
    await expect(setup.client.start('order', { counts: [1n] })).rejects.toMatchObject({
      message: 'The input cannot be sent: /counts/0 is a BigInt, which JSON cannot represent',
      errorType: 'InvalidInput',
      errorInfo: { problems: [{ path: '/counts/0', message: 'is a BigInt, which JSON cannot represent' }] },
    });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    await expect(setup.client.start('order', circle)).rejects.toThrow('circular');
    for (const input of [undefined, { text: 'x'.repeat(700_000) }]) {
      await expect(setup.client.run('order', input)).rejects.toMatchObject({ errorType: 'InvalidInput' });
    }
    expect(setup.server.requests).toEqual([]);
  });
});

describe('a credential', () => {
  it('that is rejected is not retried if it is a string', async () => {
    await using setup = await startTestSetup({ apiKey: 'wrong' });
    await expect(setup.client.get(id)).rejects.toMatchObject({
      errorType: 'UnauthorizedException',
      status: 401,
    });
    await expect(setup.client.wait(id)).rejects.toMatchObject({ status: 401 });
    expect(setup.server.requests).toHaveLength(2);
  });

  it('that is rejected is requested once more if it is a function', async () => {
    const keys = ['expired', 'key', 'expired', 'expired'];
    await using setup = await startTestSetup({ apiKey: () => keys.shift() ?? 'none' });
    setup.server.record(running);
    expect(await setup.client.get(id)).toEqual(running);
    await expect(setup.client.get(id)).rejects.toMatchObject({ status: 401 });
    expect(setup.server.requests).toHaveLength(4);
  });

  it('must be exactly one', () => {
    const endpoint = 'http://localhost/graphql';
    expect(() => createProcessClient({ endpoint })).toThrow('exactly one');
    expect(() => createProcessClient({ endpoint, apiKey: 'key', token: () => 'token' })).toThrow(
      'exactly one',
    );
  });
});

describe('data', () => {
  const documents = { input: { a: 1 }, steps: { Price: { total: 7 }, Confirm: 'done' }, output: 'Confirm' };

  it.each([
    ['holds the documents parsed', false],
    ['fetches from its address, without the credential, what the response did not hold', true],
  ])('%s', async (_, byUrl) => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.documents.set(id, { ...documents, byUrl });
    const data = await client.data(id);

    expect(data).toMatchObject({
      processId: id,
      input: { step: 'input', content: { a: 1 } },
      steps: [
        { step: 'Price', content: { total: 7 } },
        { step: 'Confirm', content: 'done' },
      ],
      output: { step: 'Confirm', content: 'done' },
    });
    expect(server.requests.slice(1).map(({ credential }) => credential)).toEqual(byUrl ? ['', '', ''] : []);
  });

  it('has only the named steps, and always the output', async () => {
    await using setup = await startTestSetup();
    setup.server.documents.set(id, documents);
    const { steps, output } = await setup.client.data(id, { steps: ['Price'] });
    expect(steps.map(({ step }) => step)).toEqual(['Price']);
    expect(output?.content).toBe('done');
  });

  it('follows the pages, and retries a failed one', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    const steps = Object.fromEntries([0, 1, 2, 3, 4].map((part) => [`Pack/${part}`, { part }]));
    server.documents.set(id, { input: {}, steps, output: 'Pack/4' });
    server.pageSize = 2;
    server.intercept = (_, count) => (count === 2 ? 'cut' : undefined);
    const data = client.data(id);
    await setup.responded(2);
    clock.advance(30_000);
    expect((await data).steps.map(({ step, part }) => `${step} ${part}`)).toEqual([
      'Pack 0',
      'Pack 1',
      'Pack 2',
      'Pack 3',
      'Pack 4',
    ]);
    expect((await data).output?.content).toEqual({ part: 4 });
    expect(server.requests.map(({ variables }) => variables.nextToken)).toEqual([undefined, '2', '2', '4']);
  });

  it('has no output before the output step has written it', async () => {
    await using setup = await startTestSetup();
    setup.server.documents.set(id, { input: {}, steps: {} });
    expect((await setup.client.data(id)).output).toBeNull();
  });

  it('retries when a document cannot be fetched, and does not show the presigned URL', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.documents.set(id, { input: {}, steps: {}, byUrl: true });
    server.intercept = ({ field }, count) =>
      field === 'document' && count === 1 ? { status: 503, body: 'SlowDown' } : undefined;
    const data = client.data(id);
    await setup.responded(2);
    clock.advance(30_000);
    expect((await data).input.content).toEqual({});

    server.intercept = ({ field }) => (field === 'document' ? { status: 403, body: 'Expired' } : undefined);
    const rejected = client.data(id);
    await expect(rejected).rejects.toMatchObject({ errorType: 'HttpError', status: 403 });
    await expect(rejected).rejects.toThrow('HTTP 403');
    await expect(rejected).rejects.not.toThrow('secret');
  });
});

describe('definitions', () => {
  it('have their schema and their machine parsed', async () => {
    await using setup = await startTestSetup();
    expect(await setup.client.definitions()).toEqual([
      {
        name: 'order',
        description: null,
        inputSchema: { type: 'object' },
        machine: { States: {} },
        steps: ['Price'],
      },
    ]);
  });
});

describe('dispose', () => {
  it('ends every call, and leaves no timer, socket or listener', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    server.intercept = ({ field }) => (field === 'startProcess' ? 'hang' : undefined);
    const calls = [
      client.wait(id, { timeoutMs: 60_000 }),
      collect(client.watch(id)).done,
      client.start('order', {}),
      client.run('order', {}),
    ].map((call) => observe(call));
    await until(() => server.subscriptions().length === 3 && server.requests.length >= 4);

    client.dispose();
    expect(clock.delaysMs()).toEqual([]);
    expect(client.connection.state).toBe('idle');
    await until(() => calls.every(({ settled }) => settled) && server.sockets() === 0);
    for (const { error } of calls) expect(error).toBeInstanceOf(ClientDisposedError);
    await expect(client.get(id)).rejects.toBeInstanceOf(ClientDisposedError);
    client.dispose();
  });

  it('ends with the block that uses the client', async () => {
    await using setup = await startTestSetup();
    setup.server.record(running);
    let ended: Promise<unknown>;
    {
      using client = createProcessClient({ endpoint: setup.server.endpoint, apiKey: 'key' });
      ended = client.wait(id);
    }
    await expect(ended).rejects.toBeInstanceOf(ClientDisposedError);
  });
});

describe('the connection', () => {
  it('notifies its listeners of each change until they unsubscribe', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const seen: string[] = [];
    const stop = client.connection.subscribe((state) => seen.push(state));
    const ended = client.wait(id);
    await until(() => server.subscriptions().length === 1);
    server.push(succeeded);
    await ended;
    clock.advance(1_000);
    await until(() => seen.length === 3);
    stop();
    server.record(running);
    const again = observe(client.wait(id));
    await until(() => server.starts() === 2);
    expect(seen).toEqual(['connecting', 'connected', 'idle']);
    expect(again.settled).toBe(false);
  });
});
