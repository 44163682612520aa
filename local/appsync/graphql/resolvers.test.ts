import { expect, test } from 'vitest';
import { API_KEY, serveAppSync, signedHeaders } from '../serve-for-test.ts';

const schema = `
  type Query @aws_api_key @aws_iam {
    person(id: ID!, when: AWSJSON): Person
    people: [Person!]!
    count: Int!
  }
  type Person @aws_api_key @aws_iam { id: ID, name: String, friend(rank: Int): Person, friends: [Person] }
`;
const direct = (typeName: string, fieldName: string) => ({ typeName, fieldName, dataSourceName: 'fn' });
const person = direct('Query', 'person');

const errorAt = (path: (string | number)[], message: string, errorType: string | null) => ({
  path,
  data: null,
  errorType,
  errorInfo: null,
  locations: [{ line: 1, column: expect.any(Number), sourceName: null }],
  message,
});

test('a direct Lambda resolver is called with the documented event and returns the value', async () => {
  await using api = await serveAppSync({
    schema,
    resolvers: [person],
    lambda: () => ({ id: 'p1', name: 'Ann' }),
  });
  const query =
    'query Q($id: ID!) { person(id: $id, when: "{\\"a\\":[1]}") { id alias: name ...F } } fragment F on Person { friend(rank: 1) { name } }';
  const response = await api.post(
    { query, variables: { id: 'p1' } },
    {
      'x-api-key': API_KEY,
      'x-forwarded-for': '10.0.0.1, 10.0.0.2',
      cookie: 'secret=1',
      'user-agent': 'test',
    },
  );
  expect(response.body).toEqual({ data: { person: { id: 'p1', alias: 'Ann', friend: null } } });
  expect(api.lambdaCalls).toEqual([
    {
      arguments: { id: 'p1', when: { a: [1] } },
      identity: null,
      source: null,
      prev: null,
      stash: {},
      request: {
        headers: expect.objectContaining({ 'x-api-key': API_KEY, 'user-agent': 'test' }),
        domainName: null,
      },
      info: {
        fieldName: 'person',
        parentTypeName: 'Query',
        variables: { id: 'p1' },
        selectionSetList: ['id', 'alias', 'friend', 'friend/name'],
        selectionSetGraphQL: '{\n  id\n  alias: name\n  ...F\n}',
      },
    },
  ]);
  expect(JSON.stringify(api.lambdaCalls)).not.toContain('secret');
});

test('a signed request has the identity of the assumed role', async () => {
  await using api = await serveAppSync({ schema, resolvers: [person] });
  const body = JSON.stringify({ query: '{ person(id: 1) { id } }' });
  const headers = await signedHeaders(api, '/graphql', body);
  await api.post(body, { ...headers, 'x-forwarded-for': '10.0.0.1, 10.0.0.2' });
  expect(api.lambdaCalls).toMatchObject([
    {
      identity: {
        accountId: '000000000000',
        cognitoIdentityPoolId: null,
        cognitoIdentityId: null,
        sourceIp: ['10.0.0.1', '10.0.0.2', '127.0.0.1'],
        username: expect.stringMatching(/^AROA[0-9A-F]{17}:session$/),
        userArn: 'arn:aws:sts::000000000000:assumed-role/Caller/session',
        cognitoIdentityAuthType: null,
        cognitoIdentityAuthProvider: null,
      },
    },
  ]);
});

test('a resolver below the root gets its parent as source, once for each parent', async () => {
  await using api = await serveAppSync({
    schema,
    resolvers: [direct('Query', 'people'), direct('Person', 'friend')],
    lambda: (event) => {
      const { info, source } = event as { info: { fieldName: string }; source: { id: string } };
      return info.fieldName === 'people' ? [{ id: 'a' }, { id: 'b' }] : { id: `friend of ${source.id}` };
    },
  });
  expect(await api.query('{ people { friend { id } } }')).toEqual({
    data: { people: [{ friend: { id: 'friend of a' } }, { friend: { id: 'friend of b' } }] },
  });
});

test('an error of the function becomes an item with its name as errorType', async () => {
  class NoSuchPerson extends Error {
    override readonly name = 'NoSuchPerson';
  }
  await using api = await serveAppSync({
    schema,
    resolvers: [person],
    lambda: () => {
      throw new NoSuchPerson('who?');
    },
  });
  expect(await api.query('{ person(id: 1) { id } }')).toEqual({
    data: { person: null },
    errors: [errorAt(['person'], 'who?', 'NoSuchPerson')],
  });
});

test('an UnauthorizedException of the function hides its message', async () => {
  await using api = await serveAppSync({
    schema,
    resolvers: [person],
    lambda: () => {
      throw Object.assign(new Error('because of X'), { name: 'UnauthorizedException' });
    },
  });
  expect(await api.query('{ person(id: 1) { id } }')).toEqual({
    data: { person: null },
    errors: [errorAt(['person'], 'You are not authorized to make this call.', 'UnauthorizedException')],
  });
});

test('a value without a resolver is the member of its parent, or null', async () => {
  await using api = await serveAppSync({ schema, resolvers: [person], lambda: () => ({ id: 7 }) });
  expect(await api.query('{ person(id: 1) { id name } people: __typename }')).toEqual({
    data: { person: { id: '7', name: null }, people: 'Query' },
  });
});

test('null for a non-null type is reported with type, parent and path, and propagates to the next nullable field', async () => {
  await using api = await serveAppSync({
    schema,
    resolvers: [direct('Query', 'people')],
    lambda: () => [null],
  });
  expect(await api.query('{ people { id } }')).toEqual({
    data: null,
    errors: [
      {
        path: ['people', 0],
        locations: null,
        message: "Cannot return null for non-nullable type: 'Person' within parent 'Query' (/people[0])",
      },
    ],
  });
});

test('a value of another shape than the type is a mismatch', async () => {
  await using api = await serveAppSync({
    schema,
    resolvers: [person, direct('Query', 'people')],
    lambda: (event) =>
      (event as { info: { fieldName: string } }).info.fieldName === 'people' ? { id: 1 } : [1],
  });
  expect(await api.query('{ person(id: 1) { id } }')).toEqual({
    data: { person: null },
    errors: [
      {
        path: ['person'],
        locations: null,
        message: "Can't resolve value (/person) : type mismatch error, expected type OBJECT, got LIST",
      },
    ],
  });
  expect(await api.query('{ people { id } }')).toMatchObject({
    errors: [
      { message: "Can't resolve value (/people) : type mismatch error, expected type LIST, got OBJECT" },
    ],
  });
});

test('an item of a list that is not an object is null with an error of its own', async () => {
  await using api = await serveAppSync({
    schema,
    resolvers: [person],
    lambda: () => ({ friends: [{ id: 'a' }, 'b'] }),
  });
  expect(await api.query('{ person(id: 1) { friends { id } } }')).toEqual({
    data: { person: { friends: [{ id: 'a' }, null] } },
    errors: [
      {
        path: ['person', 'friends', 1],
        locations: null,
        message:
          "Can't resolve value (/person/friends[1]) : type mismatch error, expected type OBJECT, got STRING",
      },
    ],
  });
});

test('a result of more than 5 MB is rejected', async () => {
  await using api = await serveAppSync({
    schema,
    resolvers: [person],
    lambda: () => ({ name: 'x'.repeat(5 * 1024 * 1024) }),
  });
  expect(await api.query('{ person(id: 1) { id } }')).toMatchObject({
    data: { person: null },
    errors: [{ errorType: 'ResponseSizeLimitExceeded' }],
  });
});

test('a request that takes longer than AppSync allows gets a partial response, and its Lambda call is aborted', async () => {
  let stopped = false;
  await using api = await serveAppSync({
    schema,
    executionTimeoutMs: 50,
    resolvers: [person],
    lambda: (_event, signal) =>
      new Promise(() => {
        signal?.addEventListener('abort', () => {
          stopped = true;
        });
      }),
  });
  expect(await api.query('{ person(id: 1) { id } other: __typename }')).toEqual({
    data: { person: null, other: 'Query' },
    errors: [errorAt(['person'], 'Execution timed out.', 'ExecutionTimeout')],
  });
  expect(stopped).toBe(true);
});

test('after the time is over no further resolver is called', async () => {
  await using api = await serveAppSync({
    schema: 'type Query { q: String } type Mutation { m: String }',
    executionTimeoutMs: 50,
    resolvers: [direct('Mutation', 'm')],
    lambda: () => new Promise(() => {}),
  });
  expect(await api.query('mutation { a: m b: m }')).toEqual({
    data: { a: null, b: null },
    errors: [
      errorAt(['a'], 'Execution timed out.', 'ExecutionTimeout'),
      errorAt(['b'], 'Execution timed out.', 'ExecutionTimeout'),
    ],
  });
  expect(api.lambdaCalls).toHaveLength(1);
});

test('a data source whose role may not invoke its function fails its fields, and the function is not called', async () => {
  const asked: unknown[] = [];
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:fn';
  const roleArn = 'arn:aws:iam::000000000000:role/Fields';
  await using api = await serveAppSync({
    schema,
    resolvers: [person],
    dataSources: [{ name: 'fn', type: 'AWS_LAMBDA', functionArn, roleArn }],
    isAllowed: (...request) => {
      asked.push(request);
      return false;
    },
  });
  expect(await api.query('{ person(id: 1) { id } }')).toMatchObject({
    data: { person: null },
    errors: [{ message: expect.stringContaining('not authorized to perform: lambda:InvokeFunction') }],
  });
  expect(asked).toEqual([[roleArn, 'lambda:InvokeFunction', functionArn]]);
  expect(api.lambdaCalls).toEqual([]);
});

test('fields below the depth limit fail one by one', async () => {
  await using api = await serveAppSync({
    schema,
    api: { queryDepthLimit: 2 },
    resolvers: [person],
    lambda: () => ({ id: 1, friend: { id: 2 } }),
  });
  expect(await api.query('{ person(id: 1) { id friend { id } } }')).toEqual({
    data: { person: { id: '1', friend: { id: null } } },
    errors: [errorAt(['person', 'friend', 'id'], 'Query depth limit reached.', 'QueryDepthLimitReached')],
  });
});

test('resolvers over the count limit fail', async () => {
  await using api = await serveAppSync({
    schema,
    api: { resolverCountLimit: 1 },
    resolvers: [person],
    lambda: () => ({ id: 1 }),
  });
  expect(await api.query('{ a: person(id: 1) { id } b: person(id: 2) { id } }')).toEqual({
    data: { a: { id: '1' }, b: null },
    errors: [errorAt(['b'], 'Resolver invocation limit reached.', 'ResolverExecutionLimitReached')],
  });
});
