/**
 * The one port of the local runtime: requests go to the services by the first segment of their path.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { PortInUse, StartError } from './errors.ts';

/** Answers requests whose path begins with the service's prefix; `path` is the rest, with the query. */
export type Service = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/** What listens. */
export type HttpServer = {
  port: number;
  /** Until it is called, every request is answered 503. */
  serve(
    services: Readonly<Record<string, Service>>,
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
  ): void;
  /** Ends once no connection is left; idle ones are closed. */
  close(): Promise<void>;
};

/** Nothing but this machine reaches the local runtime. */
const HOST = '127.0.0.1';

/** Listens on the port, or on a free one for 0. Throws {@link PortInUse}. */
export async function listen(port: number): Promise<HttpServer> {
  let services: Readonly<Record<string, Service>> = {};
  const server = createServer((request, response) => {
    answer(services, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // Clients hold connections open between requests; closing one at the wrong moment would fail the next request.
  server.keepAliveTimeout = 60_000;
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
    serve(served, upgrade) {
      services = served;
      server.on('upgrade', upgrade);
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  services: Readonly<Record<string, Service>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, prefix = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(request.url ?? '/') ?? [];
  const service = services[prefix];
  if (service) return service(request, response, rest);
  const known = Object.keys(services);
  response.writeHead(known.length > 0 ? 404 : 503, { 'content-type': 'text/plain' });
  response.end(
    known.length > 0 ? `Nothing is here. Try ${known.map((name) => `/${name}`).join(', ')}\n` : 'Starting\n',
  );
}
