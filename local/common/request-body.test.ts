import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readBody } from './request-body.ts';

const server = createServer();
beforeEach(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

/** A request of which a part has arrived, and what breaks it off. */
async function begunRequest(): Promise<{ received: IncomingMessage; breakOff: () => void }> {
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, method: 'POST', headers: { 'content-length': '100' } });
  sent.on('error', () => {}).write('x');
  const [received]: IncomingMessage[] = await once(server, 'request');
  if (!received) throw new Error('no request');
  return { received, breakOff: () => sent.destroy() };
}

it('rejects when the client disconnects in the middle', async () => {
  const { received, breakOff } = await begunRequest();
  const body = readBody(received, 1_000);
  breakOff();
  await expect(body).rejects.toThrow('aborted');
});

it('rejects where the client has gone before the body is asked for', async () => {
  const { received, breakOff } = await begunRequest();
  breakOff();
  await once(received, 'error');
  await expect(readBody(received, 1_000)).rejects.toThrow('aborted');
});
