import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import { type HttpServer, listen, type Service, type Upgrade } from './http-server.ts';

let server: HttpServer;
/** The requests that reached the service. */
let reached: string[];

beforeEach(async () => {
  reached = [];
  server = serve(await listen(0));
});
afterEach(() => server.close());

function serve(listening: HttpServer): HttpServer {
  const sockets = new WebSocketServer({ noServer: true });
  const service: Service = async (message, response, path) => {
    reached.push(path);
    response.end(await text(message).catch(() => ''));
  };
  const upgrade: Upgrade = (message, socket, head) =>
    sockets.handleUpgrade(message, socket, head, (opened) => opened.close());
  listening.serve(new Map([['service', service]]), new Map([['/service/realtime', upgrade]]));
  return listening;
}

async function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number | undefined; body: string; headers: NodeJS.Dict<string | string[]> }> {
  const sent = request({ host: '127.0.0.1', port: server.port, path, headers, method }).end();
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, body: await text(response), headers: response.headers };
}

/** The status of an upgrade: 101 where it was accepted. */
async function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  return new Promise((done, fail) => {
    socket.on('open', () => done(101));
    socket.on('unexpected-response', (sent, response) => {
      done(response.statusCode ?? 0);
      sent.destroy();
    });
    socket.on('error', fail);
  });
}

/** What a raw connection gets, to its end. */
async function talk(port: number, sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(sent);
  return text(socket);
}

const OWN_NAMES = ['127.0.0.1', 'localhost', 'LocalHost', 'bucket.localhost', 'my.bucket.localhost', '[::1]'];
const FOREIGN_HOSTS = [
  'evil.example:PORT',
  'evil.example',
  'localhost.evil.example:PORT',
  '127.0.0.1.evil.example:PORT',
  'evil-localhost:PORT',
  '127.0.0.1',
  'localhost',
  'localhost:1',
  'localhost:PORT:PORT',
  'localhost@evil.example:PORT',
  '0.0.0.0:PORT',
  '10.0.0.1:PORT',
];
const FOREIGN_ORIGINS = [
  'https://evil.example',
  'http://evil.example:PORT',
  'http://localhost.evil.example:5173',
  'http://127.0.0.1.evil.example',
  'http://localhost@evil.example',
  'null',
  '',
  'localhost',
];
const own = (text: string) => text.replaceAll('PORT', String(server.port));

describe('a request', () => {
  it.each(OWN_NAMES)('for the host %s with the own port is served', async (name) => {
    const headers = { host: `${name}:${server.port}` };
    expect(await ask('/service/a?b', headers)).toMatchObject({ status: 200 });
    expect(await upgrade('/service/realtime', headers)).toBe(101);
    expect(reached).toEqual(['/a?b']);
  });

  it.each(FOREIGN_HOSTS)('for the host [%s] is rejected, and so is an upgrade', async (host) => {
    const headers = { host: own(host) };
    const { status, body } = await ask('/service/a', headers);
    expect({ status, body }).toEqual({
      status: 403,
      body: `Expected the Host 127.0.0.1:${server.port} or localhost:${server.port}, got [${own(host)}].\n`,
    });
    expect(await upgrade('/service/realtime', headers)).toBe(403);
    expect(reached).toEqual([]);
  });

  it('without a host is rejected, whatever the version of HTTP', async () => {
    expect(await talk(server.port, 'GET /service/ HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 403 /);
    expect(await talk(server.port, 'GET /service/ HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(reached).toEqual([]);
  });

  it.each([
    'http://localhost:5173',
    'https://localhost:5173',
    'http://127.0.0.1:PORT',
    'http://app.localhost:3000',
    'http://[::1]:8080',
    'http://localhost',
    'capacitor://localhost',
  ])('of a page of %s is served', async (origin) => {
    const headers = { origin: own(origin) };
    expect(await ask('/service/a', headers)).toMatchObject({ status: 200 });
    expect(await upgrade('/service/realtime', headers)).toBe(101);
  });

  it.each(FOREIGN_ORIGINS)(
    'of a page of [%s] is rejected without CORS headers, also upgrades',
    async (origin) => {
      const headers = { origin: own(origin), 'access-control-request-method': 'POST' };
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const response = await ask('/service/a', headers, method);
        expect(response).toMatchObject({
          status: 403,
          body: expect.stringContaining(`got [${own(origin)}]`),
        });
        expect(Object.keys(response.headers).join()).not.toContain('access-control');
      }
      expect(await upgrade('/service/realtime', headers)).toBe(403);
      expect(reached).toEqual([]);
    },
  );

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', 'size', ''])(
    'for the unknown path /%s gets a 404 that lists the services',
    async (name) => {
      expect(await ask(`/${name}`)).toMatchObject({ status: 404, body: 'Not found. Available: /service\n' });
      expect(await upgrade(`/${name}`, {})).toBe(404);
    },
  );

  it('whose client disconnects in the middle is not logged', async () => {
    const logger = createRecordingLogger();
    const handled = Promise.withResolvers<void>();
    const waits: Service = (message) =>
      text(message)
        .then(() => {})
        .finally(handled.resolve);
    const own = await listen(0, { logger });
    own.serve(new Map([['service', waits]]), new Map());
    const sent = request({
      port: own.port,
      path: '/service',
      method: 'POST',
      headers: { 'content-length': '9' },
    });
    sent.on('error', () => {}).write('x');
    await once(sent, 'socket').then(([socket]) => once(socket, 'connect'));
    sent.destroy();
    await handled.promise.catch(() => {});
    await own.close();
    expect(logger.lines).toEqual([]);
  });

  it('that comes before the services are ready gets a 503', async () => {
    const early = await listen(0);
    const socket = `GET /service/ HTTP/1.1\r\nhost: localhost:${early.port}\r\nconnection: close\r\n\r\n`;
    expect(await talk(early.port, socket)).toMatch(/^HTTP\/1.1 503 /);
    await early.close();
  });
});

describe('a client', () => {
  it('that does not finish its body or its headers gets a 408, and its connection is closed', async () => {
    const impatient = serve(await listen(0, { requestTimeoutMs: 50 }));
    const head = `POST /service/ HTTP/1.1\r\nhost: localhost:${impatient.port}\r\n`;
    expect(await talk(impatient.port, `${head}content-length: 9\r\n\r\nhalf`)).toMatch(/^HTTP\/1.1 408 /);
    expect(await talk(impatient.port, head)).toMatch(/^HTTP\/1.1 408 /);
    await impatient.close();
  });

  it('over the number of connections is turned away, and the others are served', async () => {
    const small = serve(await listen(0, { maxConnections: 1 }));
    const first = connect(small.port, '127.0.0.1');
    await once(first, 'connect');
    await expect(text(connect(small.port, '127.0.0.1'))).resolves.toBe('');
    first.write(`GET /service/ HTTP/1.1\r\nhost: localhost:${small.port}\r\nconnection: close\r\n\r\n`);
    expect(await text(first)).toMatch(/^HTTP\/1.1 200 /);
    await small.close();
  });
});
