import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { parseClientFrame, parseObject } from '../appsync/realtime/frames.ts';
import { connectHeaders, offeredProtocols, SUB_PROTOCOL } from '../appsync/realtime/handshake.ts';
import type { Upgrade } from '../common/http-server.ts';
import type { Strike } from './dice.ts';
import { clientTextFrame, createFrameReader, type WebSocketFrame } from './web-socket-frames.ts';

/**
 * A real-time endpoint behind a bad line: pushes get lost, connections are cut or go silent, and
 * credentials expire before they are looked at. AppSync itself answers those.
 *
 * On a silent connection neither side hears of the other any more; it is taken away when the client
 * closes its end.
 */
export function faultyUpgrade(upgrade: Upgrade, strike: Strike): Upgrade {
  return (request, socket, head) => {
    if (offeredProtocols(request).includes(SUB_PROTOCOL) && strike('refuseConnect'))
      spoilCredentials(request);
    const readServer = createFrameReader();
    const readClient = createFrameReader();
    let isAnswered = false;
    let isFrozen = false;

    const line = new Duplex({
      read: () => void socket.resume(),
      write(chunk: Buffer, _encoding, done) {
        // The handshake is answered in one piece, before all frames.
        const passed = isAnswered ? readServer(chunk).filter(reachesClient) : [{ bytes: chunk }];
        isAnswered = true;
        if (passed.length > 0) socket.write(Buffer.concat(passed.map(({ bytes }) => bytes)), done);
        else done();
      },
      final(done) {
        socket.end(done);
      },
      destroy(error, done) {
        socket.destroy();
        done(error);
      },
    });

    function reachesClient({ text }: WebSocketFrame): boolean {
      if (isFrozen || socket.destroyed) return false;
      if (text === undefined) return true;
      if (parseObject(text)?.type === 'data' && strike('dropPush')) return false;
      if (strike('cutSocket')) socket.destroy();
      else if (strike('freezeSocket')) isFrozen = true;
      return !isFrozen && !socket.destroyed;
    }

    function receive(chunk: Buffer): void {
      if (isFrozen) return;
      const frames = readClient(chunk).map((frame) => withRefusedStart(frame, strike));
      for (const bytes of frames) if (!line.push(bytes)) socket.pause();
    }

    socket.on('data', receive);
    socket.on('end', () => (isFrozen ? line.destroy() : line.push(null)));
    socket.on('close', () => line.destroy());
    // The close that follows says the rest.
    socket.on('error', () => {});
    receive(head);
    upgrade(request, line, Buffer.alloc(0));
  };
}

function withRefusedStart({ bytes, text = '' }: WebSocketFrame, strike: Strike): Buffer {
  const frame = parseClientFrame(text);
  if (frame?.type !== 'start' || !strike('refuseStart')) return bytes;
  const { type, id, data } = frame;
  const authorization = spoiled(frame.authorization);
  return clientTextFrame(JSON.stringify({ type, id, payload: { data, extensions: { authorization } } }));
}

/** The sub-protocol is where AppSync looks first. */
function spoilCredentials(request: IncomingMessage): void {
  const credentials = JSON.stringify(spoiled(connectHeaders(request) ?? {}));
  const protocol = `header-${Buffer.from(credentials).toString('base64url')}`;
  request.headers['sec-websocket-protocol'] = `${SUB_PROTOCOL}, ${protocol}`;
}

/** A key, a token and a signature are no longer good without their last character. */
function spoiled(credentials: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> {
  const spoil = ([name, value]: [string, string | string[] | undefined]) =>
    name === 'x-api-key' || name === 'authorization' ? [name, String(value).slice(0, -1)] : [name, value];
  return Object.fromEntries(Object.entries(credentials).map(spoil));
}
