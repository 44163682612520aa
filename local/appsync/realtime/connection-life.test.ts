import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { serveConnection } from './connection.ts';

test('a connection is closed when its life is over', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    serveConnection(socket, {
      authenticate: async () => undefined,
      subscribe: () => Promise.reject(new Error('not used')),
      hub: { add: () => () => undefined, publish() {}, invalidate() {} },
      keepAliveMs: 60_000,
      connectionTimeoutMs: 300_000,
      maxLifeMs: 10,
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [code] = await once(client, 'close');
  expect(code).toBe(1001);
  await new Promise((resolve) => server.close(resolve));
});
