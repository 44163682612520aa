import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { listen } from '../../test/kit/listen.ts';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import { API_KEY, serveAppSync } from './serve-for-test.ts';

const schema = `
  type Query { hello: String, add(a: Int!, b: Int!): Int, bad: String }
  type Mutation { touch: String }
  type Subscription { touched: String @aws_subscribe(mutations: ["touch"]) }
`;
const code = `
  export const request = (ctx) => ({ payload: ctx.args });
  export const response = (ctx) => ctx.result.a + ctx.result.b;
`;
const resolvers = [{ typeName: 'Query', fieldName: 'add', dataSourceName: 'none', code }];

const malformed = (message: string, errorType = 'MalformedHttpRequestException') => ({
  status: 400,
  body: { errors: [{ errorType, message }] },
});
const unauthorized = (message: string) => ({
  status: 401,
  body: { errors: [{ errorType: 'UnauthorizedException', message }] },
});

test('a query gets status 200 and its data', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  const response = await api.post({ query: 'query Q($a: Int!) { add(a: $a, b: 2) }', variables: { a: 1 } });
  expect(response).toEqual({ status: 200, body: { data: { add: 3 } } });
});

test('a query may come by GET, with JSON variables in the URL', async () => {
  await using api = await serveAppSync({ schema, resolvers });
  const parameters = new URLSearchParams({
    query: 'query A { hello } query B($a: Int!) { add(a: $a, b: 2) }',
    variables: '{"a": 40}',
    operationName: 'B',
  });
  const response = await fetch(`${api.url}?${parameters}`, { headers: { 'x-api-key': API_KEY } });
  expect(await response.json()).toEqual({ data: { add: 42 } });
});

test('an empty body is rejected with 400', async () => {
  await using api = await serveAppSync({ schema });
  expect(await api.post('')).toEqual(malformed('Request body is empty.'));
});

test.each([
  'meow',
  '{}',
  '[]',
  '{"query": 1}',
  '{"query": "{ hello"}',
  '{"query": "{ hello }", "variables": "x"}',
])('the body %s is rejected with 400', async (body) => {
  await using api = await serveAppSync({ schema });
  expect(await api.post(body)).toEqual(malformed('Unable to parse GraphQL query.'));
});

test('several operations without a name, and a name that is not there, are rejected with 400', async () => {
  await using api = await serveAppSync({ schema });
  const query = 'query A { hello } query B { hello }';
  expect(await api.post({ query })).toEqual(malformed('Missing operation name.', 'BadRequestException'));
  expect(await api.post({ query, operationName: 'C' })).toEqual(
    malformed("Unknown operation named 'C'.", 'BadRequestException'),
  );
});

test('a document over 15,000 tokens is rejected with 400', async () => {
  await using api = await serveAppSync({ schema });
  expect(await api.post({ query: `{ ${'hello '.repeat(14_999)} }` })).toEqual(
    malformed('The query has more than 15000 tokens.'),
  );
});

test('a document that is nested thousands of levels deep is rejected without an internal error', async () => {
  await using api = await serveAppSync({ schema });
  const query = `{ ${'hello {'.repeat(4_900)} b ${'}'.repeat(4_900)} }`;
  // Where the stack ends depends on the platform: beyond it the text counts as unreadable, within
  // it the document is not valid.
  expect([200, 400]).toContain((await api.post({ query })).status);
});

test('a request without credentials, or with those of a mode that the API has not, is rejected with 401', async () => {
  await using api = await serveAppSync({ schema });
  const rejected = unauthorized('Valid authorization header not provided.');
  expect(await api.post({ query: '{ hello }' }, {})).toEqual(rejected);
  expect(await api.post({ query: '{ hello }' }, { authorization: 'eyJhbGciOi.x.y' })).toEqual(rejected);
});

test('a wrong or an expired API key is rejected with 401 and the error type in a header', async () => {
  const expired = { value: 'da2-old', expires: Date.now() / 1000 - 1 };
  const good = { value: API_KEY, expires: Date.now() / 1000 + 60 };
  await using api = await serveAppSync({ schema, apiKeys: [expired, good] });
  for (const key of ['da2-wrong', expired.value]) {
    const response = await fetch(api.url, { method: 'POST', body: '{}', headers: { 'x-api-key': key } });
    expect(response.headers.get('x-amzn-errortype')).toBe('UnauthorizedException');
    expect({ status: response.status, body: await response.json() }).toEqual(
      unauthorized('You are not authorized to make this call.'),
    );
  }
});

const tooLarge = {
  errors: [
    {
      errorType: 'MalformedHttpRequestException',
      message: 'The request body is larger than 1048576 bytes.',
    },
  ],
};

async function answerTo(upload: ClientRequest): Promise<unknown[]> {
  const [response]: IncomingMessage[] = await once(upload, 'response');
  return response ? [response.statusCode, await json(response)] : [];
}

test('a body that is declared to be over 1 MB is rejected with 413 before it is sent', async () => {
  await using api = await serveAppSync({ schema });
  const upload = request(api.url, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-length': '1048577' },
  });
  upload.flushHeaders();
  expect(await answerTo(upload)).toEqual([413, tooLarge]);
  upload.on('error', () => {}).destroy();
});

test('a body that turns out to be over 1 MB is rejected with 413, and the rest of it is taken', async () => {
  await using api = await serveAppSync({ schema });
  const upload = request(api.url, { method: 'POST', headers: { 'x-api-key': API_KEY } });
  for (let sent = 0; sent < 40; sent += 1) upload.write('x'.repeat(256 * 1024));
  upload.end();
  const [response] = await Promise.all([answerTo(upload), once(upload, 'finish')]);
  expect(response).toEqual([413, tooLarge]);
});

test('nothing is logged for a client that disconnects in the middle of a body', async () => {
  const logger = createRecordingLogger();
  await using api = await serveAppSync({ schema, logger });
  const handled = Promise.withResolvers<void>();
  const server = createServer((incoming, response) => {
    api.appSync.handleRequest(incoming, response).then(handled.resolve, handled.reject);
    upload.destroy();
  });
  await using listening = await listen(server);
  const { port } = listening;
  const upload = request({
    port,
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-length': '1000' },
  });
  upload.on('error', () => {}).write('{');
  await handled.promise;
  expect(logger.lines).toEqual([]);
});

test('a body of 1 MB is read', async () => {
  await using api = await serveAppSync({ schema });
  const body = JSON.stringify({ query: '{ hello }', padding: '' });
  const padded = body.replace('""', `"${'x'.repeat(1024 * 1024 - body.length)}"`);
  expect(await api.post(padded)).toEqual({ status: 200, body: { data: { hello: null } } });
});

test('a method that GraphQL has no use for is rejected with 405', async () => {
  await using api = await serveAppSync({ schema });
  const response = await fetch(api.url, { method: 'PUT', headers: { 'x-api-key': API_KEY } });
  expect(response.status).toBe(405);
});

test('a preflight allows the headers that it asks for, from anywhere', async () => {
  await using api = await serveAppSync({ schema });
  const response = await fetch(api.url, {
    method: 'OPTIONS',
    headers: {
      origin: 'http://page.example',
      'access-control-request-headers': 'x-api-key,x-amz-user-agent',
    },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('access-control-allow-headers')).toBe('x-api-key,x-amz-user-agent');
  expect(response.headers.get('access-control-allow-methods')).toContain('POST');
});

test('a subscription by POST is an error of status 200', async () => {
  await using api = await serveAppSync({ schema });
  expect(await api.post({ query: 'subscription { touched }' })).toEqual({
    status: 200,
    body: {
      data: null,
      errors: [
        {
          path: null,
          locations: null,
          errorType: 'UnsupportedOperation',
          message: 'Subscriptions are not supported over HTTP. Connect to the real-time endpoint.',
        },
      ],
    },
  });
});

test('a document that is not valid is an error of status 200 with places and no extensions', async () => {
  await using api = await serveAppSync({ schema });
  expect(await api.post({ query: '{badfield}' })).toEqual({
    status: 200,
    body: {
      data: null,
      errors: [
        {
          path: null,
          locations: [{ line: 1, column: 2, sourceName: null }],
          message:
            "Validation error of type FieldUndefined: Field 'badfield' in type 'Query' is undefined @ 'badfield'",
        },
      ],
    },
  });
});

test('introspection works, and where it is disabled is a validation error, __typename apart', async () => {
  const query = '{ __schema { queryType { name } } }';
  await using open = await serveAppSync({ schema });
  expect(await open.query(query)).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } });
  await using closed = await serveAppSync({ schema, api: { introspection: 'DISABLED' } });
  expect(await closed.query(query)).toMatchObject({
    data: null,
    errors: [
      { message: expect.stringMatching(/^Validation error of type FieldUndefined: Field '__schema'/) },
    ],
  });
  expect(await closed.query('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
});
