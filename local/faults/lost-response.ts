import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/**
 * Handles a request completely, response included, and then resets the connection. The client
 * receives no byte of the response.
 */
export async function loseResponse(
  request: IncomingMessage,
  handle: (response: ServerResponse) => Promise<void>,
): Promise<void> {
  const discarded = new ServerResponse(request);
  const socket = new NullSocket();
  // An HTTP server does the same for its own responses.
  socket.on('drain', () => discarded.emit('drain'));
  discarded.assignSocket(socket);
  try {
    await handle(discarded);
  } finally {
    request.socket.resetAndDestroy();
  }
}

/** Accepts all data and discards it. */
class NullSocket extends Socket {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done();
  }
}
