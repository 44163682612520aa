import { expect, test } from 'vitest';
import { connectAcknowledged } from '../serve-for-test.ts';
import { ack, data, publish, startItemApi } from './test-items.ts';

test('a subscription is acknowledged, and from then on gets what is published in the shape that it selects', async () => {
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  expect(await socket.start('1', 'subscription { onItem { id t: text __typename } }')).toEqual(ack('1'));
  await publish(api, { id: 'a', text: 'x' });
  expect(await socket.next()).toEqual(data('1', { id: 'a', t: 'x', __typename: 'Item' }));
});

test('a mutation by HTTP has been pushed before its response, in order', async () => {
  await using api = await startItemApi();
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
  await using api = await startItemApi();
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
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { json color } }');
  await publish(api, { json: '{"a":[1]}', color: 'RED' }, 'json color');
  expect(await socket.next()).toEqual(data('1', { json: '{"a":[1]}', color: 'RED' }));
});

test('a nested field that the subscriber may not see is an error inside the push', async () => {
  await using api = await startItemApi();
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
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { id } }');
  await api.query('mutation { other(item: {id: "not allowed"}) { id } }');
  await api.query('mutation { publish { id } }');
  await api.query('mutation { publish(item: {id: "no value for needed"}) { id needed } }');
  await publish(api, { id: 'last' }, 'id', 'other');
  expect(await socket.next()).toEqual(data('1', { id: 'last' }));
});

test('supplied arguments must equal the fields of their names, and null means a field that is null', async () => {
  await using api = await startItemApi();
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

test('an enhanced filter replaces the arguments, and sees only what the publisher selected', async () => {
  await using api = await startItemApi();
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
  await using api = await startItemApi();
  const socket = await connectAcknowledged(api);
  await socket.start('1', 'subscription { onItem { text } }');
  await publish(api, { text: 'x'.repeat(240 * 1024) });
  await publish(api, { text: 'small' });
  expect(await socket.next()).toEqual(data('1', { text: 'small' }));
});
