import type { IncomingMessage } from 'node:http';

/** Thrown when a body is larger than its service takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';

  constructor(maxBytes: number) {
    super(`The request body is larger than ${maxBytes} bytes.`);
  }
}

/**
 * The whole body of a request; rejects with the stream's error when the client goes away before the
 * end.
 *
 * Rejects with {@link BodyTooLarge} as soon as the body is known to be too large: by its declared
 * length before anything is read. What still comes is thrown away as it arrives, because many
 * clients read the response only when they have sent everything; the server's time limit for a
 * request ends it.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    request.resume();
    throw new BodyTooLarge(maxBytes);
  }
  // It will not be said again.
  if (request.errored) throw request.errored;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(new BodyTooLarge(maxBytes));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}
