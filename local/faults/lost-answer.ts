import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/**
 * Lets a request be handled to its end, answer and all, and then resets the connection: the client
 * has not got a byte of it.
 */
export async function loseAnswer(
  request: IncomingMessage,
  handle: (response: ServerResponse) => Promise<void>,
): Promise<void> {
  const unheard = new ServerResponse(request);
  const nowhere = new Nowhere();
  // What an HTTP server does for the responses that it makes itself.
  nowhere.on('drain', () => unheard.emit('drain'));
  unheard.assignSocket(nowhere);
  try {
    await handle(unheard);
  } finally {
    request.socket.resetAndDestroy();
  }
}

/** Takes everything and keeps nothing. */
class Nowhere extends Socket {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done();
  }
}
