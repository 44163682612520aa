import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ExecutionResult } from 'graphql';
import { firstValueFrom, Observable, take, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createFetcher } from './fetcher.ts';

type Reply = (type: string, payload?: object) => void;

const watchState =
  'subscription WatchState($processId: ID) {\n  onProcessState(processId: $processId) {\n    status\n  }\n}';

let server: Server;
let sockets: WebSocketServer;
let fetcher: ReturnType<typeof createFetcher>;
/** The requests over HTTP, and the response to them. */
let posted: Record<string, unknown>[];
let response: { status: number; body: string };
/** The requests over the WebSocket: those of starts, and the types of all frames. */
let started: unknown[];
let frames: string[];
/** The response to a subscription. */
let onStart: (reply: Reply, cut: () => void) => void;

/**
 * An API that records its requests, with as much of AppSync's real-time protocol as a
 * subscription needs.
 */
beforeEach(async () => {
  posted = [];
  started = [];
  frames = [];
  server = createServer(async (req, res) => {
    posted.push({ ...JSON.parse(await text(req)), apiKey: req.headers['x-api-key'] });
    res.writeHead(response.status).end(response.body);
  });
  sockets = new WebSocketServer({ server, path: '/graphql/realtime' });
  sockets.on('connection', (socket) => {
    socket.on('message', (message) => {
      const { type, id, payload } = JSON.parse(String(message));
      const reply: Reply = (type, payload) => socket.send(JSON.stringify({ type, id, payload }));
      frames.push(type);
      if (type === 'connection_init') reply('connection_ack', { connectionTimeoutMs: 300_000 });
      if (type === 'start') {
        started.push(JSON.parse(payload.data));
        onStart(reply, () => socket.terminate());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');

  const stored = new Map<string, string>();
  fetcher = createFetcher(
    {
      endpoint: `http://127.0.0.1:${address.port}/graphql`,
      realtimeEndpoint: `ws://127.0.0.1:${address.port}/graphql/realtime`,
      apiKey: 'da2-key',
    },
    { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => void stored.set(key, value) },
  );
});

afterEach(async () => {
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Returns the first `count` results of a subscription, then ends it. */
async function shown(count: number, params: Parameters<typeof fetcher>[0]): Promise<ExecutionResult[]> {
  const results = await fetcher(params);
  if (!(results instanceof Observable)) throw new Error('Expected a subscription');
  return firstValueFrom(results.pipe(take(count), toArray()));
}

test('a query is posted with the API key, and returns the response of the API', async () => {
  response = { status: 200, body: '{"data":{"processDefinitions":[]}}' };
  const query = 'query List { processDefinitions { name } }';

  const result = await fetcher({ query, operationName: 'List', variables: { a: 1 } });

  expect(result).toEqual({ data: { processDefinitions: [] } });
  expect(posted).toEqual([{ query, operationName: 'List', variables: { a: 1 }, apiKey: 'da2-key' }]);
});

test('errors are shown as the API words them, whatever the status', async () => {
  const errors = [
    { errorType: 'UnauthorizedException', message: 'You are not authorized to make this call.' },
  ];
  response = { status: 401, body: JSON.stringify({ errors }) };

  expect(await fetcher({ query: '{ processDefinitions { name } }' })).toEqual({ errors });
});

test('a response that is not JSON is an error with its status and text', async () => {
  response = { status: 502, body: 'Bad Gateway' };

  await expect(fetcher({ query: '{ a }' })).rejects.toThrow(/got status 502: Bad Gateway/);
});

test('a document with a syntax error is left for the API to explain', async () => {
  response = { status: 400, body: '{"errors":[{"message":"Unable to parse GraphQL query."}]}' };

  expect(await fetcher({ query: 'subscription {' })).toHaveProperty('errors');
});

test('an empty processId stands for the process that was started last', async () => {
  response = { status: 200, body: '{"data":{"startProcess":{"processId":"p-1"}}}' };
  const read = 'query Read($processId: ID!) { processState(processId: $processId) { status } }';

  await fetcher({ query: read, variables: { processId: '' } });
  await fetcher({ query: 'mutation { startProcess(definition: "order", input: "{}") { processId } }' });
  await fetcher({ query: read, variables: { processId: '' } });
  await fetcher({ query: read, variables: { processId: 'p-0' } });

  expect(posted.map(({ variables }) => variables)).toEqual([
    { processId: '' },
    {},
    { processId: 'p-1' },
    { processId: 'p-0' },
  ]);
});

test('a subscription has a result when it is acknowledged and for each push, with the earlier ones below', async () => {
  const first = { data: { onProcessState: { status: 'RUNNING' } } };
  const second = { data: { onProcessState: { status: 'SUCCEEDED' } } };
  onStart = (reply) => {
    reply('start_ack');
    reply('data', first);
    reply('data', second);
  };

  const results = await shown(3, { query: watchState, variables: { processId: 'p-1' } });

  const receivedAt = expect.stringMatching(/^\d{4}-/);
  expect(results).toEqual([
    { extensions: { connection: 'subscribed', earlier: [] } },
    { ...first, extensions: { connection: 'subscribed', receivedAt, earlier: [] } },
    {
      ...second,
      extensions: { connection: 'subscribed', receivedAt, earlier: [{ receivedAt, push: first }] },
    },
  ]);
  expect(started).toEqual([{ query: watchState, variables: { processId: 'p-1' } }]);
});

test('a subscription that is left is stopped at the server', async () => {
  onStart = (reply) => reply('start_ack');

  await shown(1, { query: watchState });

  await expect.poll(() => frames).toEqual(['connection_init', 'start', 'stop']);
});

test('of a document with several operations only the subscription to run is sent', async () => {
  onStart = (reply) => reply('start_ack');
  const query = `subscription WatchSteps { onProcessStep { step } }\n${watchState}`;

  await shown(1, { query, operationName: 'WatchState', variables: { processId: null } });

  expect(started).toEqual([{ query: watchState, variables: { processId: null } }]);
});

test('a subscription that the API rejects fails with its errors', async () => {
  const errors = [{ message: 'Validation error of type FieldUndefined' }];
  onStart = (reply) => reply('error', { errors });

  await expect(shown(1, { query: watchState })).rejects.toEqual(errors);
});

test('a lost connection is shown, and earlier pushes stay', async () => {
  const push = { data: { onProcessState: { status: 'RUNNING' } } };
  onStart = (reply, cut) => {
    reply('start_ack');
    reply('data', push);
    cut();
  };

  const results = await shown(3, { query: watchState });

  expect(results.at(-1)).toMatchObject({
    ...push,
    extensions: { connection: expect.stringMatching(/^disconnected/) },
  });
});
