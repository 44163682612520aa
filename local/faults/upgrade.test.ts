import { randomBytes } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../../test/kit/until.ts';
import type { Faults } from './fault-kinds.ts';
import { API_KEY, seedFor, serveFaulty } from './serve-for-test.ts';

type Services = Awaited<ReturnType<typeof serveFaulty>>;
type Frame = { type: string; id?: string; payload?: unknown };

const CREDENTIALS = { host: 'localhost', 'x-api-key': API_KEY };
const REJECTED = {
  type: 'connection_error',
  payload: { errors: [expect.objectContaining({ errorCode: 401 })] },
};
const encoded = Buffer.from(JSON.stringify(CREDENTIALS)).toString('base64url');

/** A client that keeps what it is sent. */
async function connect(
  { origin }: Services,
  { protocols = ['graphql-ws', `header-${encoded}`], query = '', headers = {} } = {},
) {
  const url = `${origin.replace('http', 'ws')}/graphql/realtime${query}`;
  const socket = new WebSocket(url, protocols, { headers });
  const frames: Frame[] = [];
  socket.on('message', (message) => {
    const frame = JSON.parse(String(message)) as Frame;
    if (frame.type !== 'ka') frames.push(frame);
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const send = (frame: unknown) => socket.send(JSON.stringify(frame));
  send({ type: 'connection_init' });
  /** Resolves when that number of frames have come. */
  const got = (count: number) => until(() => frames.length >= count);
  return {
    socket,
    frames,
    closed,
    send,
    got,
    /** Subscribes once the connection is acknowledged. */
    async start(id: string, padding = '') {
      await got(1);
      const data = JSON.stringify({ query: 'subscription { said }', variables: { padding } });
      send({ id, type: 'start', payload: { data, extensions: { authorization: CREDENTIALS } } });
    },
  };
}

/** A client whose subscription `1` is acknowledged. */
async function subscribed(services: Services) {
  const client = await connect(services);
  await client.start('1');
  await client.got(2);
  return client;
}

const say = (services: Services, text: string) =>
  services.graphql('plain-graphql', `mutation { say(text: "${text}") }`);

const typesOf = (frames: Frame[]) => frames.map(({ type }) => type);

describe('a real-time connection', () => {
  it('without faults carries frames of all sizes both ways', async () => {
    await using services = await serveFaulty({ seed: 1, cutSocket: 1e-9 });
    const client = await connect(services);
    for (const bytes of [0, 300, 70_000])
      await client.start(`${bytes}`, randomBytes(bytes / 2).toString('hex'));
    await client.got(4);
    const said = 'x'.repeat(70_000);
    await say(services, said);
    await client.got(7);
    expect(client.frames.slice(1, 4)).toEqual(['0', '300', '70000'].map((id) => ({ type: 'start_ack', id })));
    expect(client.frames.slice(4)).toEqual(
      ['0', '300', '70000'].map((id) => ({ type: 'data', id, payload: { data: { said } } })),
    );
    client.socket.ping();
    await new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.close(1000);
    await client.closed;
    await until(() => services.appSync.connectionCount() === 0);
  });

  it('that is not a WebSocket is rejected as ever', async () => {
    await using services = await serveFaulty({ seed: 1, cutSocket: 1, refuseConnect: 1 });
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    const upgraded = new Promise<IncomingMessage>((resolve, reject) => {
      get(`${services.origin}/graphql/realtime`, { headers }).on('response', resolve).on('error', reject);
    });
    const response = await upgraded;
    expect([response.statusCode, await text(response)]).toEqual([
      400,
      'Missing or invalid Sec-WebSocket-Key header',
    ]);
  });

  it('does not bring the push that dropPush hits, after the acknowledgement, and brings the next', async () => {
    await using services = await serveFaulty(seedFor('dropPush', [true, false]));
    const client = await subscribed(services);
    await say(services, 'lost');
    await say(services, 'heard');
    await client.got(3);
    client.send({ id: '1', type: 'stop' });
    await client.got(4);
    expect(client.frames.slice(1)).toEqual([
      { type: 'start_ack', id: '1' },
      { type: 'data', id: '1', payload: { data: { said: 'heard' } } },
      { type: 'complete', id: '1' },
    ]);
    expect(services.faults.counts()).toMatchObject({ dropPush: 1 });
  });

  it('breaks in place of the frame that cutSocket hits, on both sides', async () => {
    // The acknowledgement of the connection and its first ka pass.
    await using services = await serveFaulty(seedFor('cutSocket', [false, false, true]));
    const client = await connect(services);
    await client.start('1');
    expect(await client.closed).toBe(1006);
    expect(typesOf(client.frames)).toEqual(['connection_ack']);
    await until(() => services.appSync.connectionCount() === 0);
  });

  it('carries nothing either way from the frame on that freezeSocket hits, and stays open', async () => {
    // Of the first client the two frames of the connection and the start_ack pass; of the second
    // everything.
    const faults = seedFor('freezeSocket', [false, false, false, true, false, false, false, false]);
    await using services = await serveFaulty(faults);
    const frozen = await subscribed(services);
    await say(services, 'not heard');
    await frozen.start('2');
    frozen.socket.ping();
    const pongs: unknown[] = [];
    frozen.socket.on('pong', (pong) => pongs.push(pong));
    frozen.socket.close(1000);
    const other = await subscribed(services);
    await say(services, 'heard by the other');
    await other.got(3);
    expect(typesOf(frozen.frames)).toEqual(['connection_ack', 'start_ack']);
    expect(pongs).toEqual([]);
    expect(frozen.socket.readyState).toBe(WebSocket.CLOSING);
    expect(services.appSync.connectionCount()).toBe(2);
  });

  it('that is frozen is destroyed when its client or the service closes it', async () => {
    await using services = await serveFaulty({ seed: 1, freezeSocket: 1 });
    const [one, other] = [await connect(services), await connect(services)];
    await until(() => services.faults.counts().freezeSocket === 2);
    one.socket.terminate();
    await until(() => services.appSync.connectionCount() === 1);
    await services.appSync.close();
    expect(await other.closed).toBe(1006);
    expect(services.appSync.connectionCount()).toBe(0);
  });
});

describe('a credential', () => {
  it.each([
    ['a sub-protocol', {}],
    ['the query', { protocols: ['graphql-ws'], query: `?header=${encoded}&payload=e30=` }],
    ['the headers', { protocols: ['graphql-ws'], headers: { 'x-api-key': API_KEY } }],
  ])('in %s has expired if refuseConnect is injected, and is good the next time', async (_, how) => {
    await using services = await serveFaulty(seedFor('refuseConnect', [true, false]));
    const rejected = await connect(services, how);
    await rejected.closed;
    expect(rejected.frames).toEqual([REJECTED]);
    const accepted = await connect(services, how);
    await accepted.got(1);
    expect(typesOf(accepted.frames)).toEqual(['connection_ack']);
  });

  it('of a connection without AppSync’s sub-protocol is not asked about', async () => {
    await using services = await serveFaulty({ seed: 1, refuseConnect: 1 });
    const url = `${services.origin.replace('http', 'ws')}/graphql/realtime`;
    const socket = new WebSocket(url, { headers: { 'x-api-key': API_KEY } });
    const [message] = await new Promise<unknown[]>((resolve) =>
      socket.on('message', (...all) => resolve(all)),
    );
    expect(String(message)).toContain('SubProtocolNotSupportedError');
    expect(services.faults.counts()).toMatchObject({ refuseConnect: 0 });
  });

  it.each([0, 300, 70_000])(
    'of a start has expired if refuseStart is injected, and is good the next time (with %d bytes of variables)',
    async (bytes) => {
      await using services = await serveFaulty(seedFor('refuseStart', [true, false]));
      const client = await connect(services);
      const padding = randomBytes(bytes / 2).toString('hex');
      await client.start('1', padding);
      await client.got(2);
      await client.start('1', padding);
      await client.got(3);
      expect(client.frames.slice(1)).toEqual([
        {
          type: 'error',
          id: '1',
          payload: { errors: [{ errorType: 'UnauthorizedException', message: 'Permission denied' }] },
        },
        { type: 'start_ack', id: '1' },
      ]);
    },
  );
});

describe('a real-time connection of which no fault is on', () => {
  it('is not changed', async () => {
    const faults: Faults = { seed: 1, failS3: 1, dropPush: 0 };
    await using services = await serveFaulty(faults);
    expect(services.faults.upgrade(services.appSync.handleUpgrade)).toBe(services.appSync.handleUpgrade);
  });
});
