import { createProcessClient, type ProcessClient, type ProcessClientOptions } from './process-client.ts';
import type { ProcessUpdate } from './process-feed.ts';
import { createTestClock, type TestClock } from './test-clock.ts';
import { startTestServer, type TestServer, until } from './test-server.ts';

/** A client with a test clock, and a server that it reaches over real HTTP and sockets. */
export type TestSetup = AsyncDisposable & {
  client: ProcessClient;
  clock: TestClock;
  server: TestServer;
  /** Waits until the server has had that number of requests, and the client has the responses. */
  responded(requests: number): Promise<void>;
  /** Waits until the server has had that number of starts, and the client has the responses. */
  subscribed(starts: number): Promise<void>;
  /** Sends a keep-alive on every subscription and waits until the client has received them. */
  keepAlive(): Promise<void>;
};

/** Timeouts of the client for responses and acknowledgements. A pending timer means waiting. */
const RESPONSE_TIMEOUT_MS = 35_000;
const START_ACK_TIMEOUT_MS = 15_000;

/** Both end with the test. */
export async function startTestSetup(options: Partial<ProcessClientOptions> = {}): Promise<TestSetup> {
  const server = await startTestServer();
  const clock = createTestClock();
  const credentials = options.token ? {} : { apiKey: 'key' };
  let received = 0;
  const count = () => {
    received += 1;
  };
  const webSocket = globalThis.WebSocket && countingWebSocket(count);
  const { endpoint } = server;
  const client = createProcessClient({ endpoint, clock, webSocket, ...credentials, ...options });
  return {
    client,
    clock,
    server,
    responded: (requests) =>
      until(() => server.requests.length === requests && !clock.delaysMs().includes(RESPONSE_TIMEOUT_MS)),
    subscribed: (starts) =>
      until(() => server.starts() === starts && !clock.delaysMs().includes(START_ACK_TIMEOUT_MS)),
    async keepAlive() {
      const expected = received + server.subscriptions().length;
      server.send({ type: 'ka' });
      await until(() => received === expected);
    },
    async [Symbol.asyncDispose]() {
      client.dispose();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Calls back for every message, before the client sees it. */
function countingWebSocket(onMessage: () => void): typeof WebSocket {
  return class extends WebSocket {
    constructor(...[url, protocols]: ConstructorParameters<typeof WebSocket>) {
      super(url, protocols);
      this.addEventListener('message', onMessage);
    }
  };
}

/** A settled promise's outcome, and how often it settled: for "exactly once" and "not yet". */
export function observe<Value>(promise: Promise<Value>): {
  value?: Value;
  error?: unknown;
  settled: boolean;
} {
  const outcome: { value?: Value; error?: unknown; settled: boolean } = { settled: false };
  promise.then(
    (value) => Object.assign(outcome, { value, settled: true }),
    (error) => Object.assign(outcome, { error, settled: true }),
  );
  return outcome;
}

/** Collects what a watch gives into a list that grows; `done` settles when the watch ends. */
export function collect(updates: AsyncIterable<ProcessUpdate>): {
  list: ProcessUpdate[];
  done: Promise<void>;
} {
  const list: ProcessUpdate[] = [];
  const done = (async () => {
    for await (const update of updates) list.push(update);
  })();
  return { list, done };
}
