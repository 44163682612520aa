/**
 * Every endpoint of the local runtime responds to every request, whatever names it contains. It
 * does not buffer a body of an unknown sender, or one that is too large.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, inject, it } from 'vitest';
import { NodeSha256 } from '../local/iam/sigv4.ts';
import { outputs } from './facade.ts';

const { host, port } = new URL(outputs.endpoint);
const environment = inject('operatorEnvironment');
/** Names that every object inherits. */
const NAMES = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];

type Sent = { method?: string; path: string; headers?: Record<string, string>; body?: string };
type Received = { status: number; body: string };

/**
 * Returns the response to a request that is sent unchanged; `body` may be missing in spite of a
 * content-length.
 */
async function send({ method = 'POST', path, headers = {}, body }: Sent): Promise<Received> {
  const sent = request({ host: '127.0.0.1', port, method, path, headers: { host, ...headers } });
  // The runtime may close the connection while the client is still sending.
  sent.on('error', () => {});
  if (body === undefined) sent.flushHeaders();
  else sent.end(body);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  const received = { status: response?.statusCode ?? 0, body: response ? await text(response) : '' };
  sent.destroy();
  return received;
}

/** Signs the request as the operator. */
async function signed(service: string, { method = 'POST', path, headers = {}, body }: Sent): Promise<Sent> {
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: environment.AWS_SESSION_TOKEN ?? '',
    },
    region: 'us-east-1',
    service,
    sha256: NodeSha256,
    uriEscapePath: service !== 's3',
  });
  const [pathname = '', search = ''] = path.split('?');
  const query = Object.fromEntries(new URLSearchParams(search));
  const parts = { method, path: pathname, query, headers: { host, ...headers }, body: body ?? '' };
  const { headers: all } = await signer.sign(new HttpRequest(parts));
  return { method, path, headers: all, ...(body === undefined ? {} : { body }) };
}

const json = (value: unknown) => JSON.stringify(value);
const target = (name: string) => ({ 'x-amz-target': name, 'content-type': 'application/x-amz-json-1.0' });
const graphql = (query: string, more: object = {}): Sent => ({
  path: '/graphql',
  headers: { 'x-api-key': outputs.apiKey, 'content-type': 'application/json' },
  body: json({ query, ...more }),
});

/** A request for each place where a caller's name is looked up. */
const REQUESTS: Record<string, (name: string) => Sent | Promise<Sent>> = {
  'a path': (name) => ({ method: 'GET', path: `/${name}` }),
  'a path below a service': (name) => ({ method: 'GET', path: `/explorer/${name}` }),
  'a path of the API': (name) => ({
    ...graphql('{ processDefinitions { name } }'),
    path: `/graphql/${name}`,
  }),
  'an operation of Step Functions': (name) =>
    signed('states', { path: '/states/', headers: target(`AWSStepFunctions.${name}`), body: '{}' }),
  'a state machine': (name) =>
    signed('states', {
      path: '/states/',
      headers: target('AWSStepFunctions.StartExecution'),
      body: `{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:${name}","${name}":1}`,
    }),
  'an operation of SQS': (name) =>
    signed('sqs', { path: '/sqs/', headers: target(`AmazonSQS.${name}`), body: '{}' }),
  'a queue': (name) =>
    signed('sqs', {
      path: '/sqs/',
      headers: target('AmazonSQS.SendMessage'),
      body: json({ QueueUrl: `http://${host}/sqs/${name}`, MessageBody: 'a' }),
    }),
  'an attribute of a message': (name) =>
    signed('sqs', {
      path: '/sqs/',
      headers: target('AmazonSQS.SendMessage'),
      body: `{"QueueUrl":"${outputs.deadLetterQueueUrl}","MessageBody":"a","DelaySeconds":901,"MessageAttributes":{"${name}":{"DataType":"String","StringValue":"a"}}}`,
    }),
  'an attribute of a queue': (name) =>
    signed('sqs', {
      path: '/sqs/',
      headers: target('AmazonSQS.GetQueueAttributes'),
      body: json({ QueueUrl: outputs.deadLetterQueueUrl, AttributeNames: [name] }),
    }),
  'a function': (name) => signed('lambda', { path: `/2015-03-31/functions/${name}/invocations`, body: '{}' }),
  'a path of Lambda': (name) => signed('lambda', { path: `/2015-03-31/${name}`, body: '{}' }),
  'a type of invocation': (name) =>
    signed('lambda', {
      path: `/2015-03-31/functions/${outputs.sweepFunction}/invocations`,
      headers: { 'x-amz-invocation-type': name },
      body: '{}',
    }),
  'a bucket': (name) => signed('s3', { method: 'GET', path: `/s3/${name}` }),
  'a key': (name) => signed('s3', { method: 'GET', path: `/s3/${outputs.bucket}/${name}` }),
  'a parameter of S3': (name) =>
    signed('s3', { method: 'GET', path: `/s3/${outputs.bucket}?list-type=2&${name}=${name}` }),
  'a header of S3': (name) =>
    signed('s3', { method: 'GET', path: `/s3/${outputs.bucket}/a`, headers: { [name]: 'a' } }),
  'metadata of S3': (name) =>
    signed('s3', {
      method: 'PUT',
      path: `/s3/${outputs.bucket}/endpoints/${name}`,
      headers: { [`x-amz-meta-${name.toLowerCase()}`]: 'a' },
      body: 'a',
    }),
  'a header that is said to be signed': async (name) => {
    const sent = await signed('s3', { method: 'GET', path: `/s3/${outputs.bucket}/a` });
    const authorization = sent.headers?.authorization?.replace('SignedHeaders=', `SignedHeaders=${name};`);
    return { ...sent, headers: { ...sent.headers, authorization: authorization ?? '' } };
  },
  'a field': (name) => graphql(`{ ${name} }`),
  'a field of an object': (name) => graphql(`{ processDefinitions { ${name} } }`),
  'an alias': (name) => graphql(`{ ${name}: processDefinitions { ${name}: name } }`),
  'an operation': (name) => graphql('{ processDefinitions { name } }', { operationName: name }),
  'a variable without a value': (name) =>
    graphql(`query ($${name}: ID!) { processState(processId: $${name}) { status } }`),
  'an optional variable without a value': (name) =>
    graphql(`query ($${name}: [String!]) { processData(processId: "a", steps: $${name}) { processId } }`),
  'a variable that nobody defined': (name) =>
    graphql('{ processDefinitions { name } }', { variables: { [name]: 1 } }),
  'an argument': (name) => graphql(`{ processDefinitions(${name}: 1) { name } }`),
  'a fragment': (name) => graphql(`{ ...${name} }`),
  'a type': (name) => graphql(`{ ... on ${name} { a } }`),
  'a directive': (name) => graphql(`{ processDefinitions @${name} { name } }`),
  'a definition': (name) =>
    graphql(`mutation { startProcess(definition: "${name}", input: "{}") { processId } }`),
  'a property of an input': (name) =>
    graphql(`mutation { startProcess(definition: "order", input: "{\\"${name}\\":1}") { processId } }`),
  'a step': (name) => graphql(`{ processData(processId: "${name}", steps: ["${name}"]) { processId } }`),
};

describe('a name that every object inherits', () => {
  it.each(Object.keys(REQUESTS))('gets a response as %s', async (place) => {
    for (const name of NAMES) {
      const sent = await REQUESTS[place]?.(name);
      const { status, body } = await send(sent ?? { path: '' });
      // 501 names an operation that is not supported.
      expect({ name, status, body }).toMatchObject({
        status: expect.toSatisfy((code: number) => (code >= 200 && code < 500) || code === 501),
        body: expect.not.stringMatching(/InternalFailure|InternalError|native code|TypeError/),
      });
    }
  });

  it('is an alias like any other', async () => {
    const { body } = await send(graphql('{ constructor: processDefinitions { toString: name } }'));
    expect(JSON.parse(body).data.constructor).toContainEqual({ toString: 'order' });
  });

  it('is a variable that is missing like any other', async () => {
    const { body } = await send(
      graphql('query ($constructor: ID!) { processState(processId: $constructor) { status } }'),
    );
    expect(JSON.parse(body).errors).toMatchObject([
      { message: "Variable 'constructor' has coerced Null value for NonNull type 'ID!'" },
    ]);
  });
});

/**
 * A request of each service that accepts bodies, signed or with the API key, and the limit of the
 * service.
 */
const BODIES: Record<string, { sent: () => Promise<Sent>; limit: number; tooLarge: string }> = {
  AppSync: {
    sent: async () => graphql('{ processDefinitions { name } }'),
    limit: 1_048_576,
    tooLarge: 'MalformedHttpRequestException',
  },
  'Step Functions': {
    sent: () =>
      signed('states', { path: '/states/', headers: target('AWSStepFunctions.ListExecutions'), body: '{}' }),
    limit: 1_048_576,
    tooLarge: 'RequestEntityTooLargeException',
  },
  SQS: {
    sent: () => signed('sqs', { path: '/sqs/', headers: target('AmazonSQS.SendMessage'), body: '{}' }),
    limit: 4_194_304,
    tooLarge: 'RequestEntityTooLargeException',
  },
  Lambda: {
    sent: () =>
      signed('lambda', {
        path: `/2015-03-31/functions/${outputs.sweepFunction}/invocations`,
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
    limit: 6_291_456,
    tooLarge: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
  },
};

describe.each(Object.entries(BODIES))('%s', (_, { sent, limit, tooLarge }) => {
  it('rejects an unknown sender without waiting for the body', async () => {
    const { path } = await sent();
    const { status } = await send({ path, headers: { 'content-length': '1000000000' } });
    expect([400, 401, 403]).toContain(status);
  });

  it('rejects a sender who knows only an access key without waiting for the body', async () => {
    const { path, headers = {} } = await sent();
    const forged = { ...headers, 'x-amz-security-token': 'forged', 'x-api-key': 'da2-forged' };
    const { status } = await send({ path, headers: { ...forged, 'content-length': '1000000000' } });
    expect([400, 401, 403]).toContain(status);
  });

  it('rejects a body that is declared as too large before it is sent', async () => {
    const { path, headers } = await sent();
    const received = await send({ path, headers: { ...headers, 'content-length': String(limit + 1) } });
    expect(received).toMatchObject({ status: 413, body: expect.stringContaining(tooLarge) });
  });

  it('rejects a body that proves too large, and responds to the next request', async () => {
    const { path, headers } = await sent();
    const chunked = { ...headers, 'transfer-encoding': 'chunked' };
    const received = await send({ path, headers: chunked, body: ' '.repeat(limit + 1) });
    expect(received).toMatchObject({ status: 413, body: expect.stringContaining(tooLarge) });
    expect((await send(await sent())).status).toBeLessThan(500);
  });
});
