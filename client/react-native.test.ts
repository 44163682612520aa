/**
 * The client in a context that has only the globals of React Native with Hermes.
 *
 * @see https://github.com/facebook/react-native/blob/main/packages/react-native/Libraries/Core/InitializeCore.js
 */
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as Client from './index.ts';
import { createProcessId } from './process-id.ts';
import { startTestServer, type TestServer, testState, until } from './test-server.ts';

let bundle: string;
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    bundle: true,
    format: 'iife',
    globalName: 'facade',
    // As React Native's Babel preset does: no native async generators and private fields.
    target: 'es2017',
    write: false,
  });
  bundle = outputFiles[0]?.text ?? '';
});

/** React Native's AbortSignal knows no reason. */
class PlainAbortController {
  readonly signal = new EventTarget() as EventTarget & { aborted?: boolean };
  abort(): void {
    this.signal.aborted = true;
    this.signal.dispatchEvent(new Event('abort'));
  }
}

const REACT_NATIVE = {
  AbortController: PlainAbortController,
  btoa,
  clearTimeout,
  console,
  // The platform's own takes only a signal of the platform's own class.
  fetch: (url: string, { signal: _, ...init }: RequestInit) => fetch(url, init),
  queueMicrotask,
  setTimeout,
  WebSocket,
};

/** What V8 has and Hermes lacks. */
const WITHOUT_HERMES_GAPS = `
  const { for: symbolFor, iterator, hasInstance, toStringTag } = Symbol;
  const Native = Symbol;
  globalThis.Symbol = Object.assign((name) => Native(name), { for: symbolFor, iterator, hasInstance, toStringTag });
  for (const name of ['withResolvers', 'try']) delete Promise[name];
  for (const name of ['groupBy']) delete Object[name], delete Map[name];
  for (const name of ['fromAsync']) delete Array[name];
  for (const name of ['Iterator', 'SharedArrayBuffer', 'Atomics', 'Intl']) delete globalThis[name];
  for (const name of ['union', 'intersection', 'difference']) delete Set.prototype[name];
`;

/** The module as an application on React Native imports it; `more` are globals of a polyfill. */
function importClient(more: object = {}): typeof Client {
  const context = createContext({ ...REACT_NATIVE, ...more });
  runInContext(`{${WITHOUT_HERMES_GAPS}}`, context);
  return runInContext(`${bundle}; facade`, context) as typeof Client;
}

const processId = createProcessId();
const running = testState(processId);
const succeeded = testState(processId, { status: 'SUCCEEDED', version: 2 });

/** Lets the process end as soon as the client has subscribed to it. */
async function succeedOncePushed(server: TestServer): Promise<void> {
  server.documents.set(processId, { input: {}, steps: { Confirm: { total: 7 } }, output: 'Confirm' });
  await until(() => server.requests.some(({ field }) => field === 'processState'));
  server.record(succeeded);
  server.push(succeeded);
}

describe('on React Native', () => {
  it('runs a process over the WebSocket when the application passes the processId', async () => {
    await using server = await startTestServer();
    const client = importClient().createProcessClient({ endpoint: server.endpoint, apiKey: 'key' });
    const output = client.run('order', {}, { processId, via: 'subscription' });
    await succeedOncePushed(server);
    expect(await output).toEqual({ total: 7 });
    expect(server.connects).toEqual(['key']);
    client.dispose();
  });

  it.each(['run', 'start'] as const)('rejects a %s without an id that cannot be guessed', async (method) => {
    const client = importClient().createProcessClient({ endpoint: 'http://127.0.0.1:9', apiKey: 'key' });
    const started = client[method]('order', {});
    await expect(started).rejects.toMatchObject({
      message: expect.stringMatching(
        /crypto\.getRandomValues.*pass a processId.*react-native-get-random-values/,
      ),
    });
    client.dispose();
  });

  it('creates the processId if a polyfill provides getRandomValues', () => {
    const crypto = {
      getRandomValues: <T extends Uint8Array>(array: T) => globalThis.crypto.getRandomValues(array),
    };
    const { createProcessId } = importClient({ crypto });
    expect(createProcessId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('watches a process to its end', async () => {
    await using server = await startTestServer();
    server.record(running);
    // Some packages leave a document without events.
    const { createProcessClient } = importClient({ document: {} });
    const client = createProcessClient({ endpoint: server.endpoint, apiKey: 'key' });
    const statuses: string[] = [];
    // What Babel makes of `for await` where there is no Symbol.asyncIterator.
    const updates = client.watch(processId) as unknown as Record<
      symbol,
      () => AsyncIterator<Client.ProcessUpdate>
    >;
    const iterator = updates[Symbol.for('Symbol.asyncIterator')]?.();
    if (!iterator) throw new Error('No iterator.');
    void succeedOncePushed(server);
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      if (next.value.kind === 'state') statuses.push(next.value.state.status);
    }
    expect(statuses.at(-1)).toBe('SUCCEEDED');
    client.dispose();
  });

  it('ends a wait by a signal without a reason', async () => {
    await using server = await startTestServer();
    server.record(running);
    const client = importClient().createProcessClient({ endpoint: server.endpoint, apiKey: 'key' });
    const controller = new PlainAbortController();
    const ended = client.wait(processId, { signal: controller.signal as AbortSignal });
    controller.abort();
    await expect(ended).rejects.toMatchObject({ message: 'The call was aborted.' });
    client.dispose();
  });

  it('is disposed by `using`, whose replacement looks for a registered symbol', () => {
    const client = importClient().createProcessClient({ endpoint: 'http://127.0.0.1:9', apiKey: 'key' });
    const bySymbol = client as unknown as Record<symbol, unknown>;
    expect(bySymbol[Symbol.for('Symbol.dispose')]).toBe(client.dispose);
    client.dispose();
  });

  it('polls without `btoa`, as before 0.74', async () => {
    await using server = await startTestServer();
    server.record(succeeded);
    const { createProcessClient } = importClient({ btoa: undefined });
    const client = createProcessClient({ endpoint: server.endpoint, apiKey: 'key' });
    const states: string[] = [];
    client.connection.subscribe((state) => states.push(state));
    expect(await client.wait(processId)).toMatchObject({ status: 'SUCCEEDED' });
    expect(states).toEqual([]);
    client.dispose();
  });

  it('names the missing option without `fetch`', () => {
    const { createProcessClient } = importClient({ fetch: undefined });
    const create = () => createProcessClient({ endpoint: 'http://127.0.0.1:9', apiKey: 'key' });
    expect(create).toThrow('Expected the option fetch');
  });
});
