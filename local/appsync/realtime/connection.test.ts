import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { API_KEY, connectAcknowledged, signedHeaders } from '../serve-for-test.ts';
import { ack, data, error, publish, startItemApi } from './test-items.ts';

test('a stopped subscription is completed, and gets nothing more', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id } }');
  socket.send({ type: 'stop', id: '1' });
  socket.send({ type: 'stop', id: 'unknown' });
  expect(await socket.next()).toEqual({ type: 'complete', id: '1' });
  await publish(api, { id: 'a' });
  expect(await socket.start('1', 'subscription { onItem { id } }')).toEqual(ack('1'));
  await publish(api, { id: 'b' });
  expect(await socket.next()).toEqual(data('1', { id: 'b' }));
});

test('a stop that comes while the resolver of the subscription runs ends it', async () => {
  const { promise, resolve } = Promise.withResolvers<null>();
  await using api = await startItemApi({ lambda: () => promise });
  const socket = await connectAcknowledged(api);
  const response = socket.start('1', 'subscription { slow { id } }');
  socket.send({ type: 'stop', id: '1' });
  expect(await response).toEqual({ type: 'complete', id: '1' });
  resolve(null);
  expect(await socket.start('2', 'subscription { onItem { id } }')).toEqual(ack('2'));
  await publish(api, { id: 'a' });
  expect(await socket.next()).toEqual(data('2', { id: 'a' }));
});

test('a subscription may have other credentials than its connection: a signature of what it sends', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  const query = 'subscription { iamOnly { id secret } }';
  const body = JSON.stringify({ query, variables: {} });
  const signed = await signedHeaders(api, '/graphql', body);
  expect(await socket.start('1', query, { authorization: signed })).toEqual(ack('1'));
  const another = await signedHeaders(api, '/graphql', `${body} `);
  expect(await socket.start('2', query, { authorization: another })).toEqual(
    error('2', { errorType: 'UnauthorizedException', message: 'Permission denied' }),
  );
  await publish(api, { id: 'a', secret: 's' }, 'id secret');
  expect(await socket.next()).toMatchObject({ payload: { data: { iamOnly: { id: 'a', secret: 's' } } } });
});

test.each<[problem: string, query: string, variables: Record<string, unknown>, item: unknown]>([
  [
    'a field that the mode may not see',
    'subscription { iamOnly { id } }',
    {},
    { errorType: 'Unauthorized', message: 'Not Authorized to access iamOnly on type Subscription' },
  ],
  [
    'what the resolver raises',
    'subscription { rejected { id } }',
    {},
    { errorType: 'Forbidden', message: 'not you', errorInfo: { why: 1 } },
  ],
  [
    'a document that is not valid',
    'subscription { onItem { nope } }',
    {},
    {
      message:
        "Validation error of type FieldUndefined: Field 'nope' in type 'Item' is undefined @ 'onItem/nope'",
    },
  ],
  [
    'a variable that does not fit',
    'subscription ($id: ID!) { onItem(id: $id) { id } }',
    {},
    { message: "Variable 'id' has coerced Null value for NonNull type 'ID!'" },
  ],
  [
    'a text that is not GraphQL',
    'subscription {',
    {},
    { errorType: 'MalformedHttpRequestException', message: 'Unable to parse GraphQL query.' },
  ],
  [
    'a query',
    '{ q }',
    {},
    { errorType: 'UnsupportedOperation', message: 'unknown not supported through the realtime channel' },
  ],
  [
    'a selection that is left out',
    'subscription { onItem @skip(if: true) { id } }',
    {},
    { errorType: 'BadRequestException', message: 'The subscription selects no field.' },
  ],
])('%s is rejected with an error frame', async (_, query, variables, item) => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  expect(await socket.start('1', query, { variables })).toEqual(error('1', item));
  expect(await socket.start('1', 'subscription { onItem { id } }')).toEqual(ack('1'));
});

test('a start without credentials, or with wrong ones, is rejected', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  const denied = error('1', { errorType: 'UnauthorizedException', message: 'Permission denied' });
  for (const authorization of [{}, { 'x-api-key': 'da2-wrong' }]) {
    expect(await socket.start('1', 'subscription { onItem { id } }', { authorization })).toEqual(denied);
  }
});

test.each([
  'no json',
  '[]',
  { type: 'subscribe', id: '1' },
  { type: 'start', id: '1' },
  { type: 'start', id: '1', payload: { query: 'subscription { onItem { id } }' } },
  {
    type: 'start',
    id: '1',
    payload: { data: 'no json', extensions: { authorization: { 'x-api-key': API_KEY } } },
  },
  { type: 'start', payload: { data: '{}' } },
])('the frame %j gets a not-supported error', async (frame) => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  socket.send(frame);
  expect(await socket.next()).toEqual(
    error('', {
      errorType: 'UnsupportedOperation',
      message: 'unknown not supported through the realtime channel',
    }),
  );
});

test('an id that is in use is rejected, and its subscription continues', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id } }');
  expect(await socket.start('1', 'subscription { onItem { id } }')).toMatchObject(
    error('1', { errorType: 'DuplicatedOperationError' }),
  );
  await publish(api, { id: 'a' });
  expect(await socket.next()).toEqual(data('1', { id: 'a' }));
});

test('the 201st subscription of a connection is rejected with one error that is not a list', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  for (let count = 1; count <= 200; count += 1) {
    expect(await socket.start(String(count), 'subscription { onItem { id } }')).toEqual(ack(String(count)));
  }
  expect(await socket.start('201', 'subscription { onItem { id } }')).toEqual({
    type: 'error',
    id: '201',
    payload: {
      errors: {
        errorType: 'MaxSubscriptionsReachedError',
        message: 'Max number of 200 subscriptions reached',
      },
    },
  });
});

test('frames before the acknowledgement are ignored', async () => {
  await using api = await startItemApi();
  const socket = await api.connect();
  socket.send({ type: 'stop', id: '1' });
  const response = socket.start('1', 'subscription { onItem { id } }');
  socket.send({ type: 'connection_init' });
  expect(await response).toMatchObject({ type: 'connection_ack' });
  expect(await socket.start('2', 'subscription { onItem { id } }')).toEqual(ack('2'));
});

test('keep-alives arrive at the interval, and the acknowledgement has the timeout', async () => {
  await using api = await startItemApi({ keepAliveMs: 5, connectionTimeoutMs: 1234 });
  const socket = await api.connect();
  const frames: unknown[] = [];
  const enough = new Promise<void>((resolve) => {
    socket.raw.on('message', (message) => {
      frames.push(JSON.parse(String(message)));
      if (frames.length === 4) resolve();
    });
  });
  socket.send({ type: 'connection_init' });
  await enough;
  expect(frames.slice(0, 4)).toEqual([
    { type: 'connection_ack', payload: { connectionTimeoutMs: 1234 } },
    { type: 'ka' },
    { type: 'ka' },
    { type: 'ka' },
  ]);
});

test('a subscriber that does not read is cut off before it fills the memory', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { text } }');
  socket.raw.pause();
  const text = 'x'.repeat(200 * 1024);
  let pushes = 0;
  while (api.appSync.connectionCount() > 0) {
    await publish(api, { text });
    await setImmediate();
    pushes += 1;
  }
  // 16 MB, and what the operating system takes by itself.
  expect(pushes * text.length).toBeLessThan(64 * 1024 * 1024);
});

test('a frame that breaks the protocol of WebSockets closes its connection and no other', async () => {
  await using api = await startItemApi();
  const [broken, good] = [await connectAcknowledged(api), await connectAcknowledged(api)];
  broken.send('x'.repeat(2 * 1024 * 1024));
  await broken.closed;
  expect(await good.start('1', 'subscription { onItem { id } }')).toEqual(ack('1'));
});

test('closing the API closes the connections', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  expect(api.appSync.connectionCount()).toBe(1);
  await api.appSync.close();
  expect(await socket.closed).toBe(1001);
  expect(api.appSync.connectionCount()).toBe(0);
});

test('closing the API does not wait for a client that does not respond', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  socket.raw.pause();
  await api.appSync.close();
  expect(api.appSync.connectionCount()).toBe(0);
});
