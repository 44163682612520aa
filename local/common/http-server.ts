/**
 * The one port of the local runtime: requests go to the services by the first segment of their
 * path.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { PortInUse, StartError } from './errors.ts';
import { foreignness } from './loopback.ts';

/**
 * Answers requests whose path begins with the service's prefix; `path` is the rest, with the query.
 */
export type Service = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/** Takes over a connection that is to become a WebSocket. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What listens. */
export type HttpServer = {
  port: number;
  /**
   * Services by the first segment of their path, upgrades by the whole of it. Until it is called,
   * every request gets a 503.
   */
  serve(services: ReadonlyMap<string, Service>, upgrades: ReadonlyMap<string, Upgrade>): void;
  /** Ends once no connection is left; idle ones are closed. */
  close(): Promise<void>;
};

/** Only this machine reaches the local runtime. */
const HOST = '127.0.0.1';

/** How long a client may take to send the headers of a request. */
const HEADERS_TIMEOUT_MS = 20_000;
/** How long it may take to send the whole: an object of S3 has up to 5 GB. */
const REQUEST_TIMEOUT_MS = 300_000;
/**
 * Clients hold connections open between requests: closing one just when it is used again fails that
 * request. Node's 5 s are shorter than a busy process may stall.
 */
export const KEEP_ALIVE_MS = 60_000;

/** Each connection is memory and a file descriptor; further ones are closed at once. */
const MAX_CONNECTIONS = 10_000;

/**
 * Listens on the port, or on a free one for 0. Throws {@link PortInUse}.
 *
 * A request that has not arrived in time gets a 408 and its connection is closed. One for another
 * host, or from a page of another site, gets a 403; so does an upgrade.
 */
export async function listen(
  port: number,
  { requestTimeoutMs = REQUEST_TIMEOUT_MS, maxConnections = MAX_CONNECTIONS } = {},
): Promise<HttpServer> {
  let services: ReadonlyMap<string, Service> = new Map();
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs),
  };
  const server = createServer(limits, (request, response) => {
    answer(services, request, response).catch((error: unknown) => {
      // The client went away in the middle of its body: there is no one to respond to.
      if (error === request.errored) return;
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      fail(
        cause.code === 'EADDRINUSE'
          ? new PortInUse(port)
          : new StartError(`Cannot listen on port ${port}: ${cause.message}`),
      );
    });
    server.listen(port, HOST, done);
  });
  return {
    port: (server.address() as AddressInfo).port,
    serve(served, upgrades) {
      services = served;
      server.on('upgrade', (request: IncomingMessage, socket, head) => {
        const problem = foreignness(request);
        if (problem !== undefined) return refuseUpgrade(socket, '403 Forbidden', problem);
        const upgrade = upgrades.get((request.url ?? '').replace(/\?.*$/s, ''));
        if (!upgrade) return refuseUpgrade(socket, '404 Not Found', 'No WebSocket is here.');
        upgrade(request, socket, head);
      });
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  services: ReadonlyMap<string, Service>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const problem = foreignness(request);
  if (problem !== undefined) return send(response, 403, problem);
  if (services.size === 0) return send(response, 503, 'Starting');
  const [, prefix = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(request.url ?? '/') ?? [];
  const service = services.get(prefix);
  if (service) return service(request, response, rest);
  const known = [...services.keys()].map((name) => `/${name}`);
  send(response, 404, `Nothing is here. Try ${known.join(', ')}`);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** Before the handshake, a rejection is an ordinary response. */
function refuseUpgrade(socket: Duplex, status: string, problem: string): void {
  // The client may be gone already.
  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  const headers = [
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(problem)}`,
  ];
  socket.end(`HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n${problem}`);
}
