import { expect, test } from 'vitest';
import { connectAcknowledged, ROLE_ARN, serveAppSync } from '../serve-for-test.ts';

const schema = `
  type Query { q: String }
  type Mutation { say(text: String): String @aws_iam, revoke(user: ID, times: Int): String @aws_iam }
  type Subscription {
    heard(user: ID): String @aws_subscribe(mutations: ["say"])
    plain: String @aws_subscribe(mutations: ["say"])
  }
`;
const code = (request: string, response: string) => `import { extensions } from '@aws-appsync/utils';
  export const request = (ctx) => (${request}); export const response = (ctx) => { ${response} };`;
const resolver = (typeName: string, fieldName: string, text: string) => ({
  typeName,
  fieldName,
  dataSourceName: 'none',
  code: text,
});
const resolvers = [
  resolver('Mutation', 'say', code('{ payload: ctx.args.text }', 'return ctx.result;')),
  resolver(
    'Mutation',
    'revoke',
    code(
      '{ payload: "done" }',
      `for (const n of Array(ctx.args.times ?? 1).keys()) {
         extensions.invalidateSubscriptions({ subscriptionField: 'heard', payload: { user: ctx.args.user } });
       }
       return ctx.result;`,
    ),
  ),
  resolver(
    'Subscription',
    'heard',
    code(
      '{ payload: null }',
      `extensions.setSubscriptionFilter(null);
       extensions.setSubscriptionInvalidationFilter({
         filterGroup: [{ filters: [{ fieldName: 'user', operator: 'eq', value: ctx.args.user }] }],
       });
       return null;`,
    ),
  ),
];

test('an invalidation completes the subscriptions that it meets and closes their connection', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  const [met, spared] = [await connectAcknowledged(api), await connectAcknowledged(api)];
  await met.start('1', 'subscription { heard(user: "a") }');
  await spared.start('1', 'subscription { heard(user: "b") }');
  await spared.start('2', 'subscription { plain }');
  const response = await api.appSync.executeAsRole(ROLE_ARN, 'mutation { revoke(user: "a") }', {});
  expect(response).toEqual({ data: { revoke: 'done' } });
  expect(await met.next()).toEqual({ type: 'complete', id: '1' });
  await met.closed;
  await api.appSync.executeAsRole(ROLE_ARN, 'mutation { say(text: "hi") }', {});
  expect([await spared.next(), await spared.next()]).toEqual([
    { type: 'data', id: '1', payload: { data: { heard: 'hi' } } },
    { type: 'data', id: '2', payload: { data: { plain: 'hi' } } },
  ]);
});

test('a sixth invalidation in one request is an error', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  const revoke = (times: number) =>
    api.appSync.executeAsRole(ROLE_ARN, 'mutation ($n: Int) { revoke(user: "a", times: $n) }', { n: times });
  expect(await revoke(5)).toEqual({ data: { revoke: 'done' } });
  expect(await revoke(6)).toMatchObject({
    data: { revoke: null },
    errors: [{ message: expect.stringContaining('5 times in a request') }],
  });
});
