import { expect, test } from 'vitest';
import { API_KEY, ROLE_ARN, serveAppSync, signedHeaders, type TestApi } from '../serve-for-test.ts';

const schema = `
  type Query {
    plain: Thing
    both: Thing @aws_api_key @aws_iam
    iamOnly: String @aws_iam
    needed: String! @aws_iam
    shared: Shared @aws_api_key @aws_iam
    ignored: String @aws_auth(cognito_groups: ["admin"])
  }
  type Mutation { publish: String @aws_iam }
  type Thing { name: String, secret: String @aws_iam }
  type Shared @aws_api_key @aws_iam { name: String, byKey: String @aws_api_key }
`;
const code = `export const request = () => ({ payload: { name: 'n', secret: 's', byKey: 'k' } });
  export const response = (ctx) => ctx.result;`;
const resolvers = ['plain', 'both', 'shared'].map((fieldName) => ({
  typeName: 'Query',
  fieldName,
  dataSourceName: 'none',
  code,
}));

async function queryAsRole(api: TestApi, query: string): Promise<unknown> {
  const body = JSON.stringify({ query });
  const headers = await signedHeaders(api, '/graphql', body);
  return (await api.post(body, headers)).body;
}

const rejection = (path: string[], type: string, column: number) => ({
  path,
  data: null,
  errorType: 'Unauthorized',
  errorInfo: null,
  locations: [{ line: 1, column, sourceName: null }],
  message: `Not Authorized to access ${path.at(-1)} on type ${type}`,
});

test('fields and types without a directive are open to the default mode, and to no other', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  expect(await api.query('{ plain { name } ignored }')).toEqual({
    data: { plain: { name: 'n' }, ignored: null },
  });
  expect(await queryAsRole(api, '{ plain { name } }')).toEqual({
    data: { plain: null },
    errors: [rejection(['plain'], 'Query', 3)],
  });
});

test('a field with directives is open to their modes only, the default one included', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  expect(await queryAsRole(api, '{ iamOnly }')).toEqual({ data: { iamOnly: null } });
  expect(await api.query('{ iamOnly }')).toEqual({
    data: { iamOnly: null },
    errors: [rejection(['iamOnly'], 'Query', 3)],
  });
});

test('the rejection of a non-null field makes its parent null', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  expect(await api.query('{ needed }')).toEqual({ data: null, errors: [rejection(['needed'], 'Query', 3)] });
});

test('the fields of what is returned are checked one by one, by their own directives before those of their type', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  expect(await queryAsRole(api, '{ both { name secret } shared { name byKey } }')).toEqual({
    data: { both: { name: null, secret: 's' }, shared: { name: 'n', byKey: null } },
    errors: [rejection(['both', 'name'], 'Thing', 10), rejection(['shared', 'byKey'], 'Shared', 38)],
  });
  expect(await api.query('{ both { name secret } shared { name byKey } }')).toEqual({
    data: { both: { name: 'n', secret: null }, shared: { name: 'n', byKey: 'k' } },
    errors: [rejection(['both', 'secret'], 'Thing', 15)],
  });
});

test('a mutation that only IAM may call is rejected to an API key', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  expect(await api.query('mutation { publish }')).toEqual({
    data: { publish: null },
    errors: [rejection(['publish'], 'Mutation', 12)],
  });
});

test('a role must hold appsync:GraphQL on the root field that it calls', async () => {
  const asked: string[][] = [];
  await using api = await serveAppSync({
    schema,
    resolvers,
    isAllowed: (...question) => {
      asked.push(question);
      return question[2].endsWith('/both');
    },
  });
  expect(await queryAsRole(api, '{ both { secret } iamOnly }')).toEqual({
    data: { both: { secret: 's' }, iamOnly: null },
    errors: [rejection(['iamOnly'], 'Query', 19)],
  });
  const fields = 'arn:aws:appsync:us-east-1:000000000000:apis/api1/types/Query/fields';
  expect(asked).toEqual([
    [ROLE_ARN, 'appsync:GraphQL', `${fields}/both`],
    [ROLE_ARN, 'appsync:GraphQL', `${fields}/iamOnly`],
  ]);
});

test('a signature wins over an API key beside it, and one that is not good is rejected with 401', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  const signed = await signedHeaders(api, '/graphql', '');
  const query = '{ iamOnly }';
  expect((await api.post({ query }, { ...signed, 'x-api-key': API_KEY })).body).toEqual({
    data: { iamOnly: null },
  });
  const forged = { ...signed, 'x-amz-security-token': 'forged', 'x-api-key': API_KEY };
  expect(await api.post({ query }, forged)).toEqual({
    status: 401,
    body: {
      errors: [{ errorType: 'UnauthorizedException', message: 'You are not authorized to make this call.' }],
    },
  });
});

test('a signature is not a credential for an API without IAM', async () => {
  await using api = await serveAppSync({ schema, resolvers, api: { additionalAuthenticationTypes: [] } });
  const signed = await signedHeaders(api, '/graphql', '');
  expect((await api.post({ query: '{ plain { name } }' }, signed)).status).toBe(401);
});
