/**
 * The one port of the local runtime: requests go to the services by the first segment of their
 * path.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { PortInUse, StartError } from './errors.ts';
import type { Logger } from './logger.ts';
import { rejectionOf } from './loopback.ts';
import { isAborted } from './request-body.ts';

/**
 * Handles requests whose path begins with the service's prefix. `path` is the rest, with the query.
 */
export type Service = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/** Takes over a connection that becomes a WebSocket. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A listening server. */
export type HttpServer = {
  port: number;
  /**
   * Serves services by the first segment of their path, and upgrades by the whole path, instead of
   * those before. Until it is called, every request gets a 503.
   */
  serve(services: ReadonlyMap<string, Service>, upgrades: ReadonlyMap<string, Upgrade>): void;
  /** Closes all connections, and resolves once none is left. */
  close(): Promise<void>;
};

/** Only this machine can reach the local runtime. */
const HOST = '127.0.0.1';

/** The time limit for the headers of a request. */
const HEADERS_TIMEOUT_MS = 20_000;
/** The time limit for the whole request: an S3 object has up to 5 GB. */
const REQUEST_TIMEOUT_MS = 300_000;
/**
 * Clients reuse connections. Closing one just as it is used again fails that request, and a busy
 * process may stall for longer than Node's default of 5 s.
 */
export const KEEP_ALIVE_MS = 60_000;

/** Each connection takes memory and a file descriptor. Further ones are closed at once. */
const MAX_CONNECTIONS = 10_000;

/**
 * Listens on the port, or on a free one for 0. Throws {@link PortInUse}.
 *
 * A request that does not arrive in time gets a 408, and its connection is closed. A request or an
 * upgrade for another host, or from a page of another site, gets a 403.
 */
export async function listen(
  port: number,
  {
    requestTimeoutMs = REQUEST_TIMEOUT_MS,
    maxConnections = MAX_CONNECTIONS,
    logger = console,
  }: { requestTimeoutMs?: number; maxConnections?: number; logger?: Logger } = {},
): Promise<HttpServer> {
  let services: ReadonlyMap<string, Service> = new Map();
  let upgrades: ReadonlyMap<string, Upgrade> = new Map();
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs),
  };
  const server = createServer(limits, (request, response) => {
    handle(services, request, response).catch((error: unknown) => {
      if (isAborted(request, error)) return;
      logger.error(`${request.method} ${request.url} failed`, error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    const rejection = rejectionOf(request);
    if (rejection !== undefined) return rejectUpgrade(socket, '403 Forbidden', rejection);
    if (upgrades.size === 0) return rejectUpgrade(socket, '503 Service Unavailable', 'Starting');
    const upgrade = upgrades.get((request.url ?? '').replace(/\?.*$/s, ''));
    if (!upgrade) return rejectUpgrade(socket, '404 Not Found', 'Not found: no WebSocket at this path.');
    upgrade(request, socket, head);
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      fail(
        cause.code === 'EADDRINUSE'
          ? new PortInUse(port)
          : new StartError(`Could not listen on port ${port}: ${cause.message}`),
      );
    });
    server.listen(port, HOST, done);
  });
  return {
    port: (server.address() as AddressInfo).port,
    serve(servedServices, servedUpgrades) {
      services = servedServices;
      upgrades = servedUpgrades;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  services: ReadonlyMap<string, Service>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const rejection = rejectionOf(request);
  if (rejection !== undefined) return send(response, 403, rejection);
  if (services.size === 0) return send(response, 503, 'Starting');
  const [, prefix = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(request.url ?? '/') ?? [];
  const service = services.get(prefix);
  if (service) return service(request, response, rest);
  const known = [...services.keys()].map((name) => `/${name}`);
  send(response, 404, `Not found. Available: ${known.join(', ')}`);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** Before the handshake, a rejection is an ordinary response. */
function rejectUpgrade(socket: Duplex, status: string, message: string): void {
  // The client may have disconnected already.
  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  const headers = [
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(message)}`,
  ];
  socket.end(`HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n${message}`);
}
