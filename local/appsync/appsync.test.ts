import { expect, test } from 'vitest';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import { AppSyncConfigurationError } from './resolver/errors.ts';
import { ROLE_ARN, serveAppSync } from './serve-for-test.ts';

const schema = 'type Query { q: String } type Mutation { m(text: String): String @aws_iam }';
const code =
  'export const request = (ctx) => ({ payload: ctx.args.text }); export const response = (ctx) => ctx.result;';
const resolver = { typeName: 'Mutation', fieldName: 'm', dataSourceName: 'none', code };

test('a mutation as a role is executed with the identity of a session of it', async () => {
  const asked: string[] = [];
  await using api = await serveAppSync({
    schema,
    resolvers: [{ typeName: 'Mutation', fieldName: 'm', dataSourceName: 'fn' }],
    lambda: () => 'done',
    isAllowed: (roleArn) => {
      asked.push(roleArn);
      return true;
    },
  });
  const operation = 'mutation M($text: String) { m(text: $text) }';
  expect(await api.appSync.executeAsRole(ROLE_ARN, operation, { text: 'hi', unused: 1 })).toEqual({
    data: { m: 'done' },
  });
  expect(asked).toEqual([ROLE_ARN]);
  expect(api.lambdaCalls).toMatchObject([
    {
      arguments: { text: 'hi' },
      identity: { userArn: 'arn:aws:sts::000000000000:assumed-role/Caller/events' },
      request: { headers: {} },
    },
  ]);
});

test('what a role may not do, or does not word right, is in the errors of the result', async () => {
  await using api = await serveAppSync({ schema, resolvers: [resolver], isAllowed: () => false });
  expect(await api.appSync.executeAsRole(ROLE_ARN, 'mutation { m }', {})).toMatchObject({
    data: { m: null },
    errors: [{ errorType: 'Unauthorized', message: 'Not Authorized to access m on type Mutation' }],
  });
  expect(await api.appSync.executeAsRole(ROLE_ARN, 'mutation {', {})).toEqual({
    data: null,
    errors: [{ errorType: 'MalformedHttpRequestException', message: 'Unable to parse GraphQL query.' }],
  });
});

test('an API without IAM cannot be called as a role', async () => {
  await using api = await serveAppSync({ schema, api: { additionalAuthenticationTypes: [] } });
  await expect(api.appSync.executeAsRole(ROLE_ARN, 'mutation { m }', {})).rejects.toThrow(
    'API [api1]: Expected AWS_IAM among its authentication modes',
  );
});

test.each<[problem: string, configuration: Partial<Parameters<typeof serveAppSync>[0]>]>([
  ['got AMAZON_COGNITO_USER_POOLS', { api: { authenticationType: 'AMAZON_COGNITO_USER_POOLS' } }],
  ['got OPENID_CONNECT', { api: { additionalAuthenticationTypes: ['OPENID_CONNECT'] } }],
  ['each authentication mode once', { api: { additionalAuthenticationTypes: ['API_KEY'] } }],
  ['Syntax Error', { schema: 'type Query {' }],
  ['scalar Money is declared', { schema: 'scalar Money type Query { q: Money }' }],
  ['Unknown type', { schema: 'type Query { q: Missing }' }],
  ['Unknown directive', { schema: 'type Query { q: String @nope }' }],
  [
    'Expected @aws_subscribe(mutations: [...])',
    { schema: 'type Query { q: String } type Mutation { m: String } type Subscription { s: String }' },
  ],
  [
    'to name mutations of the schema, got other',
    {
      schema:
        'type Query { q: String } type Mutation { m: String } type Subscription { s: String @aws_subscribe(mutations: ["other"]) }',
    },
  ],
  [
    'Expected the type of Mutation.m, String, got Int',
    {
      schema:
        'type Query { q: String } type Mutation { m: String } type Subscription { s: Int @aws_subscribe(mutations: ["m"]) }',
    },
  ],
  ['The schema has no field', { resolvers: [{ ...resolver, fieldName: 'other' }] }],
  ['The schema has no field', { resolvers: [{ ...resolver, typeName: 'Missing' }] }],
  ['Mutation.m has more than one resolver', { resolvers: [resolver, resolver] }],
  ['Expected a data source of the API, got table', { resolvers: [{ ...resolver, dataSourceName: 'table' }] }],
  ['data source none', { resolvers: [{ typeName: 'Mutation', fieldName: 'm', dataSourceName: 'none' }] }],
])('a configuration that cannot be served is rejected at creation: %s', async (problem, configuration) => {
  const creation = serveAppSync({ schema, ...configuration });
  await expect(creation).rejects.toThrow(AppSyncConfigurationError);
  await expect(creation).rejects.toThrow(problem);
});

test('an internal error of a data source is a neutral error of its field, and is logged', async () => {
  const logger = createRecordingLogger();
  await using api = await serveAppSync({
    schema: 'type Query { q: String }',
    resolvers: [{ typeName: 'Query', fieldName: 'q', dataSourceName: 'fn' }],
    invokeLambda: () => Promise.reject(new TypeError('a secret detail')),
    logger,
  });
  expect(await api.query('{ q }')).toEqual({
    data: { q: null },
    errors: [
      {
        path: ['q'],
        data: null,
        errorType: 'InternalFailure',
        errorInfo: null,
        locations: [{ line: 1, column: 3, sourceName: null }],
        message: 'An internal failure occurred while resolving this field.',
      },
    ],
  });
  expect(logger.lines).toEqual(['AppSync: field failed: TypeError: a secret detail']);
});
