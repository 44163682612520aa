import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a test. `await using` closes it with its connections. */
export type ListeningServer = AsyncDisposable & { port: number; origin: string };

/** Starts a server on a free port of loopback. */
export async function listen(server: Server): Promise<ListeningServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
