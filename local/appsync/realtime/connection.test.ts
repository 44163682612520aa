import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  API_KEY,
  connectAcknowledged,
  ROLE_ARN,
  signedHeaders,
  startTestApi,
  type TestApi,
} from '../test-api.ts';

const schema = `
  type Item @aws_api_key @aws_iam { id: ID, text: String, needed: String!, json: AWSJSON, color: Color, secret: String @aws_iam }
  enum Color { RED }
  input ItemInput { id: ID, text: String, needed: String, json: AWSJSON, color: Color, secret: String }
  type Query { q: String }
  type Mutation { publish(item: ItemInput): Item @aws_iam @aws_api_key, other(item: ItemInput): Item @aws_iam }
  type Subscription {
    onItem(id: ID, text: String): Item @aws_api_key @aws_iam @aws_subscribe(mutations: ["publish", "other"])
    filtered(id: ID): Item @aws_subscribe(mutations: ["publish"])
    refused: Item @aws_subscribe(mutations: ["publish"])
    iamOnly: Item @aws_iam @aws_subscribe(mutations: ["publish"])
    slow: Item @aws_subscribe(mutations: ["publish"])
  }
`;
const UTILS = "import { util, extensions } from '@aws-appsync/utils';";
const none = (typeName: string, fieldName: string, code: string) => ({
  typeName,
  fieldName,
  dataSourceName: 'none',
  code: `${UTILS} ${code}`,
});
const give = `export const request = (ctx) => ({ payload: ctx.args.item }); export const response = (ctx) => ctx.result;`;
const resolvers = [
  none('Mutation', 'publish', give),
  none('Mutation', 'other', give),
  none(
    'Subscription',
    'filtered',
    `export const request = () => ({ payload: null });
     export const response = (ctx) => {
       extensions.setSubscriptionFilter({ filterGroup: [{ filters: [{ fieldName: 'text', operator: 'eq', value: 'mine' }] }] });
       return null;
     };`,
  ),
  none(
    'Subscription',
    'refused',
    `export const request = () => util.error('not you', 'Forbidden', null, { why: 1 }); export const response = () => null;`,
  ),
  { typeName: 'Subscription', fieldName: 'slow', dataSourceName: 'fn' },
];

const publish = (api: TestApi, item: Record<string, unknown>, fields = 'id text', mutation = 'publish') =>
  api.appSync.executeAsRole(
    ROLE_ARN,
    `mutation ($item: ItemInput) { ${mutation}(item: $item) { ${fields} } }`,
    {
      item,
    },
  );
const error = (id: string, ...errors: unknown[]) => ({ type: 'error', id, payload: { errors } });
const data = (id: string, onItem: unknown) => ({ type: 'data', id, payload: { data: { onItem } } });
const ack = (id: string) => ({ type: 'start_ack', id });

test('a subscription is acknowledged, and from then on gets what is published in the shape that it selects', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  expect(await socket.start('1', 'subscription { onItem { id t: text __typename } }')).toEqual(ack('1'));
  await publish(api, { id: 'a', text: 'x' });
  expect(await socket.next()).toEqual(data('1', { id: 'a', t: 'x', __typename: 'Item' }));
});

test('a mutation by HTTP has been pushed by the time that it is answered, in order', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id } }');
  await api.query(
    'mutation { a: publish(item: {id: 1, needed: ""}) { id needed } b: publish(item: {id: 2, needed: ""}) { i: id } }',
  );
  expect([await socket.next(), await socket.next()]).toEqual([
    data('1', { id: '1' }),
    data('1', { id: '2' }),
  ]);
});

test('fields that the mutation did not select are null, and an error where they may not be', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id text } }');
  await socket.start('2', 'subscription { onItem { id needed } }');
  await publish(api, { id: 'a', text: 'x', needed: 'y' }, 'id');
  expect(await socket.next()).toEqual(data('1', { id: 'a', text: null }));
  expect(await socket.next()).toEqual({
    type: 'data',
    id: '2',
    payload: {
      data: { onItem: null },
      errors: [
        {
          path: ['onItem', 'needed'],
          locations: null,
          message: "Cannot return null for non-nullable type: 'String' within parent 'Item' (/onItem/needed)",
        },
      ],
    },
  });
});

test('AWSJSON and enums are pushed as a query would give them', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { json color } }');
  await publish(api, { json: '{"a":[1]}', color: 'RED' }, 'json color');
  expect(await socket.next()).toEqual(data('1', { json: '{"a":[1]}', color: 'RED' }));
});

test('a nested field that the subscriber may not see is an error inside the push', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id secret } }');
  await publish(api, { id: 'a', secret: 's' }, 'id secret');
  expect(await socket.next()).toMatchObject({
    payload: {
      data: { onItem: { id: 'a', secret: null } },
      errors: [{ errorType: 'Unauthorized', message: 'Not Authorized to access secret on type Item' }],
    },
  });
});

test('only a mutation field that gives a value is pushed', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id } }');
  await api.query('mutation { other(item: {id: "not allowed"}) { id } }');
  await api.query('mutation { publish { id } }');
  await api.query('mutation { publish(item: {id: "no value for needed"}) { id needed } }');
  await publish(api, { id: 'last' }, 'id', 'other');
  expect(await socket.next()).toEqual(data('1', { id: 'last' }));
});

test('supplied arguments must equal the fields of their names, and null means a field that is null', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('id', 'subscription ($id: ID) { onItem(id: $id) { id } }', { variables: { id: 7 } });
  await socket.start('both', 'subscription { onItem(id: "7", text: "x") { id } }');
  await socket.start('null', 'subscription { onItem(text: null) { id } }');
  await socket.start('absent', 'subscription ($t: String) { onItem(text: $t) { id } }');
  await socket.start('all', 'subscription { onItem { id } }');
  const reached = async (item: Record<string, unknown>) => {
    await publish(api, item, 'id text');
    const ids: string[] = [];
    while (ids.at(-1) !== 'all') ids.push(((await socket.next()) as { id: string }).id);
    return ids;
  };
  expect(await reached({ id: '7', text: 'x' })).toEqual(['id', 'both', 'all']);
  expect(await reached({ id: '7' })).toEqual(['id', 'null', 'absent', 'all']);
  expect(await reached({ id: '8', text: 'x' })).toEqual(['all']);
});

test('an enhanced filter stands in place of the arguments, and sees only what the publisher selected', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { filtered(id: "other") { id } }');
  await publish(api, { id: 'a', text: 'theirs' });
  await publish(api, { id: 'b', text: 'mine' }, 'id');
  await publish(api, { id: 'c', text: 'mine' }, 'id t: text');
  expect(await socket.next()).toEqual({
    type: 'data',
    id: '1',
    payload: { data: { filtered: { id: 'c' } } },
  });
});

test('a payload over 240 KB is dropped without a word', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { text } }');
  await publish(api, { text: 'x'.repeat(240 * 1024) });
  await publish(api, { text: 'small' });
  expect(await socket.next()).toEqual(data('1', { text: 'small' }));
});

test('a stopped subscription is completed, and gets nothing more', async () => {
  await using api = await startTestApi({ schema, resolvers });
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
  await using api = await startTestApi({ schema, resolvers, lambda: () => promise });
  const socket = await connectAcknowledged(api);
  const answer = socket.start('1', 'subscription { slow { id } }');
  socket.send({ type: 'stop', id: '1' });
  expect(await answer).toEqual({ type: 'complete', id: '1' });
  resolve(null);
  expect(await socket.start('2', 'subscription { onItem { id } }')).toEqual(ack('2'));
  await publish(api, { id: 'a' });
  expect(await socket.next()).toEqual(data('2', { id: 'a' }));
});

test('a subscription may have other credentials than its connection: a signature of what it sends', async () => {
  await using api = await startTestApi({ schema, resolvers });
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
    'subscription { refused { id } }',
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
    'a text that is no GraphQL',
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
])('%s is refused with an error frame', async (_, query, variables, item) => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  expect(await socket.start('1', query, { variables })).toEqual(error('1', item));
  expect(await socket.start('1', 'subscription { onItem { id } }')).toEqual(ack('1'));
});

test('a start without credentials, or with wrong ones, is refused', async () => {
  await using api = await startTestApi({ schema, resolvers });
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
])('the frame %j is answered as not supported', async (frame) => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  socket.send(frame);
  expect(await socket.next()).toEqual(
    error('', {
      errorType: 'UnsupportedOperation',
      message: 'unknown not supported through the realtime channel',
    }),
  );
});

test('an id that is in use is refused, and its subscription goes on', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id } }');
  expect(await socket.start('1', 'subscription { onItem { id } }')).toMatchObject(
    error('1', { errorType: 'DuplicatedOperationError' }),
  );
  await publish(api, { id: 'a' });
  expect(await socket.next()).toEqual(data('1', { id: 'a' }));
});

test('the 201st subscription of a connection is refused with one error that is no list', async () => {
  await using api = await startTestApi({ schema, resolvers });
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
  await using api = await startTestApi({ schema, resolvers });
  const socket = await api.connect();
  socket.send({ type: 'stop', id: '1' });
  const answer = socket.start('1', 'subscription { onItem { id } }');
  socket.send({ type: 'connection_init' });
  expect(await answer).toMatchObject({ type: 'connection_ack' });
  expect(await socket.start('2', 'subscription { onItem { id } }')).toEqual(ack('2'));
});

test('keep-alives come at the interval, and the acknowledgement tells the time-out', async () => {
  await using api = await startTestApi({ schema, resolvers, keepAliveMs: 5, connectionTimeoutMs: 1234 });
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
  await using api = await startTestApi({ schema, resolvers });
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
  await using api = await startTestApi({ schema, resolvers });
  const [broken, good] = [await connectAcknowledged(api), await connectAcknowledged(api)];
  broken.send('x'.repeat(2 * 1024 * 1024));
  await broken.closed;
  expect(await good.start('1', 'subscription { onItem { id } }')).toEqual(ack('1'));
});

test('closing the API closes the connections', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  expect(api.appSync.connectionCount()).toBe(1);
  await api.appSync.close();
  expect(await socket.closed).toBe(1001);
  expect(api.appSync.connectionCount()).toBe(0);
});

test('closing the API does not wait for a client that does not answer', async () => {
  await using api = await startTestApi({ schema, resolvers });
  const socket = await connectAcknowledged(api);
  socket.raw.pause();
  await api.appSync.close();
  expect(api.appSync.connectionCount()).toBe(0);
});
