import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import {
  API_KEY,
  connectAcknowledged,
  headerProtocol,
  serveAppSync,
  signedHeaders,
  type TestApi,
} from '../serve-for-test.ts';

const schema = `
  type Query { q: String }
  type Mutation { m: String }
  type Subscription { s: String @aws_subscribe(mutations: ["m"]) }
`;
const header = { host: 'localhost', 'x-api-key': API_KEY };
const acknowledged = { type: 'connection_ack', payload: { connectionTimeoutMs: 300_000 } };
const rejected = {
  type: 'connection_error',
  payload: {
    errors: [
      {
        errorType: 'UnauthorizedException',
        message: 'You are not authorized to make this call.',
        errorCode: 401,
      },
    ],
  },
};

async function firstAnswer(api: TestApi, options: Parameters<TestApi['connect']>[0]): Promise<unknown> {
  const socket = await api.connect(options);
  socket.send({ type: 'connection_init' });
  return socket.next();
}

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

test('credentials are taken from a sub-protocol, and graphql-ws is the one that is chosen', async () => {
  await using api = await serveAppSync({ schema });
  const socket = await api.connect({ protocols: ['graphql-ws', headerProtocol(header)] });
  expect(socket.raw.protocol).toBe('graphql-ws');
  socket.send({ type: 'connection_init', payload: {} });
  expect(await socket.next()).toEqual(acknowledged);
});

test('credentials are taken from the query', async () => {
  await using api = await serveAppSync({ schema });
  const query = `?header=${encodeURIComponent(base64(header))}&payload=e30=`;
  expect(await firstAnswer(api, { protocols: ['graphql-ws'], query })).toEqual(acknowledged);
  expect(await firstAnswer(api, { protocols: ['graphql-ws'], query: `?header=${base64(header)}` })).toEqual(
    acknowledged,
  );
});

test('credentials are taken from the headers of the upgrade', async () => {
  await using api = await serveAppSync({ schema });
  const headers = { 'X-Api-Key': API_KEY };
  expect(await firstAnswer(api, { protocols: ['graphql-ws'], headers })).toEqual(acknowledged);
});

test('the names of credentials may have any case', async () => {
  await using api = await serveAppSync({ schema });
  const protocols = ['graphql-ws', headerProtocol({ Host: 'localhost', 'X-Api-Key': API_KEY })];
  expect(await firstAnswer(api, { protocols })).toEqual(acknowledged);
});

test('a signature of the connect request is accepted, and one of another body is not', async () => {
  await using api = await serveAppSync({ schema });
  const connect = async (body: string) => {
    const signed = await signedHeaders(api, '/graphql/connect', body);
    return firstAnswer(api, { protocols: ['graphql-ws', headerProtocol(signed)] });
  };
  expect(await connect('{}')).toEqual(acknowledged);
  expect(await connect('{"a":1}')).toEqual(rejected);
});

test.each([
  ['a wrong key', headerProtocol({ 'x-api-key': 'da2-wrong' })],
  ['no credentials', headerProtocol({})],
  ['a host of somebody else', headerProtocol({ ...header, host: 'example.com' })],
  ['another port of this machine', headerProtocol({ ...header, host: 'localhost:1' })],
  ['a key and no host', headerProtocol({ 'x-api-key': API_KEY })],
  ['a header that is not an object', `header-${Buffer.from('[]').toString('base64url')}`],
  ['a header that is not JSON', 'header-AAAA'],
])('%s gets connection_error, and the socket is closed', async (_, protocol) => {
  await using api = await serveAppSync({ schema });
  const socket = await api.connect({ protocols: ['graphql-ws', protocol] });
  socket.send({ type: 'connection_init' });
  expect(await socket.next()).toEqual(rejected);
  expect(await socket.closed).toBe(1008);
});

test('a client that does not offer graphql-ws gets an error and is closed', async () => {
  await using api = await serveAppSync({ schema });
  const socket = await api.connect({ protocols: [], headers: { 'x-api-key': API_KEY } });
  expect(await socket.next()).toEqual({
    type: 'connection_error',
    payload: { errors: [{ message: 'SubProtocolNotSupportedError', errorCode: 400 }] },
  });
  await socket.closed;
});

test('the host of credentials may have the port of the endpoint', async () => {
  await using api = await serveAppSync({ schema });
  const { host } = new URL(api.url);
  const protocols = ['graphql-ws', headerProtocol({ host, 'x-api-key': API_KEY })];
  expect(await firstAnswer(api, { protocols })).toEqual(acknowledged);
});

test.each([{ host: 'example.com' }, { host: '' }, {}])(
  'a start with a key for the host %j is rejected, and the connection lives on',
  async (named) => {
    await using api = await serveAppSync({ schema });
    const socket = await connectAcknowledged(api);
    const authorization: Record<string, string> = { ...named, 'x-api-key': API_KEY };
    expect(await socket.start('1', 'subscription { s }', { authorization })).toEqual({
      type: 'error',
      id: '1',
      payload: { errors: [{ errorType: 'UnauthorizedException', message: 'Permission denied' }] },
    });
    expect(await socket.start('2', 'subscription { s }')).toEqual({ type: 'start_ack', id: '2' });
  },
);

// An error of a WebSocket that nothing listens to would end the process.
test('a client of another protocol that breaks the WebSocket protocol loses its connection, and no more', async () => {
  await using api = await serveAppSync({ schema });
  const { host, port, pathname } = new URL(api.url);
  const upgrade = [
    `GET ${pathname}/realtime HTTP/1.1`,
    ...[`host: ${host}`, 'connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'],
    ...['sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', '\r\n'],
  ].join('\r\n');
  const socket = connect(Number(port), '127.0.0.1');
  // A close frame with half a status.
  socket.write(Buffer.concat([Buffer.from(upgrade), Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1])]));
  expect(await text(socket)).toContain('101 Switching Protocols');
  expect(await firstAnswer(api, { protocols: ['graphql-ws', headerProtocol(header)] })).toEqual(acknowledged);
});
