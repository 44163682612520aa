import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { parseClientFrame, parseObject } from '../appsync/realtime/frames.ts';
import { connectHeaders, offeredProtocols, SUB_PROTOCOL } from '../appsync/realtime/handshake.ts';
import type { Upgrade } from '../common/http-server.ts';
import type { ShouldFail } from './seeded-random.ts';
import { clientTextFrame, createFrameReader, type WebSocketFrame } from './web-socket-frames.ts';

/**
 * Returns a real-time endpoint behind a bad network: pushes get lost, connections are cut or
 * freeze, and credentials expire before AppSync checks and rejects them.
 *
 * A frozen connection carries nothing either way. It is destroyed when the client closes its end.
 */
export function faultyUpgrade(upgrade: Upgrade, shouldFail: ShouldFail): Upgrade {
  return (request, socket, head) => {
    if (offeredProtocols(request).includes(SUB_PROTOCOL) && shouldFail('refuseConnect'))
      spoilCredentials(request);
    const readServer = createFrameReader();
    const readClient = createFrameReader();
    let isUpgraded = false;
    let isFrozen = false;

    const line = new Duplex({
      read: () => void socket.resume(),
      write(chunk: Buffer, _encoding, done) {
        // The response to the handshake is one chunk, before all frames.
        const passed = isUpgraded ? readServer(chunk).filter(reachesClient) : [{ bytes: chunk }];
        isUpgraded = true;
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
      if (parseObject(text)?.type === 'data' && shouldFail('dropPush')) return false;
      if (shouldFail('cutSocket')) socket.destroy();
      else if (shouldFail('freezeSocket')) isFrozen = true;
      return !isFrozen && !socket.destroyed;
    }

    function receive(chunk: Buffer): void {
      if (isFrozen) return;
      const frames = readClient(chunk).map((frame) => withRejectedStart(frame, shouldFail));
      for (const bytes of frames) if (!line.push(bytes)) socket.pause();
    }

    socket.on('data', receive);
    socket.on('end', () => (isFrozen ? line.destroy() : line.push(null)));
    socket.on('close', () => line.destroy());
    // A close event follows.
    socket.on('error', () => {});
    receive(head);
    upgrade(request, line, Buffer.alloc(0));
  };
}

function withRejectedStart({ bytes, text = '' }: WebSocketFrame, shouldFail: ShouldFail): Buffer {
  const frame = parseClientFrame(text);
  if (frame?.type !== 'start' || !shouldFail('refuseStart')) return bytes;
  const { type, id, data } = frame;
  const authorization = spoiled(frame.authorization);
  return clientTextFrame(JSON.stringify({ type, id, payload: { data, extensions: { authorization } } }));
}

/** AppSync looks for credentials in the sub-protocol first. */
function spoilCredentials(request: IncomingMessage): void {
  const credentials = JSON.stringify(spoiled(connectHeaders(request) ?? {}));
  const protocol = `header-${Buffer.from(credentials).toString('base64url')}`;
  request.headers['sec-websocket-protocol'] = `${SUB_PROTOCOL}, ${protocol}`;
}

/** A key, a token and a signature are invalid without their last character. */
function spoiled(credentials: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> {
  const spoil = ([name, value]: [string, string | string[] | undefined]) =>
    name === 'x-api-key' || name === 'authorization' ? [name, String(value).slice(0, -1)] : [name, value];
  return Object.fromEntries(Object.entries(credentials).map(spoil));
}
