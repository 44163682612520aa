import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { createProxyServer } from 'httpxy';

/** A web site with the client on its page. */
export type Site = AsyncDisposable & {
  port: number;
  /** Its URL on a loopback address, like that of a development server. */
  origin: string;
  /** Paths of the requests that the site forwarded to the facade. */
  proxied: string[];
  /** Resets every WebSocket that goes through the site. */
  cutSockets(): void;
};

/**
 * Serves a page that loads the client on a free port, and forwards `/graphql` to the facade, as a
 * reverse proxy does: including WebSockets, and under the facade's own host name. `pageScript`
 * replaces the page's script.
 */
export async function startSite(facadeEndpoint: string, pageScript?: string): Promise<Site> {
  const script = pageScript ?? (await bundlePage());
  const { origin: target } = new URL(facadeEndpoint);
  const proxy = createProxyServer({ target, changeOrigin: true, headers: { origin: target } });
  // The other side notices by its closed connection.
  proxy.on('error', (_error, _request, response) => response?.destroy());
  const sockets = new Set<Socket>();
  const proxied: string[] = [];

  const server = createServer((request, response) => {
    if (request.url?.startsWith('/graphql')) {
      proxied.push(request.url);
      void proxy.web(request, response);
    } else if (request.url === '/page.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    } else {
      const page = '<!doctype html><title>Shop</title><script type="module" src="/page.js"></script>';
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    }
  });
  server.on('upgrade', (request, socket: Socket, head) => {
    proxied.push(request.url ?? '');
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    void proxy.ws(request, socket, {}, head);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;

  function cutSockets() {
    for (const socket of sockets) socket.destroy();
  }
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    proxied,
    cutSockets,
    async [Symbol.asyncDispose]() {
      cutSockets();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
