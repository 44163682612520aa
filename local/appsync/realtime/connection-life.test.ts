import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { serveConnection } from './connection.ts';

/** Serves one connection with these times, and gives the code with which the server closed it. */
async function closeCode(times: { connectionTimeoutMs: number; maxLifeMs: number }): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    serveConnection(socket, {
      authenticate: async () => undefined,
      subscribe: () => Promise.reject(new Error('not used')),
      hub: { add: () => () => undefined, publish() {}, invalidate() {} },
      logger: console,
      keepAliveMs: 60_000,
      ...times,
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [code] = await once(client, 'close');
  await new Promise((resolve) => server.close(resolve));
  return code;
}

test('a connection is closed when its life is over', async () => {
  expect(await closeCode({ connectionTimeoutMs: 300_000, maxLifeMs: 10 })).toBe(1001);
});

test('a connection that shows no credentials is closed when the time for them is over', async () => {
  expect(await closeCode({ connectionTimeoutMs: 10, maxLifeMs: 60_000 })).toBe(1008);
});
