import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';

/**
 * Thrown when a body is larger than its service allows. Code and status are those of AWS's front
 * ends; what each service sends is not documented.
 */
export class BodyTooLarge extends AwsError {
  override readonly name = 'BodyTooLarge';

  constructor(maxBytes: number) {
    super('RequestEntityTooLargeException', 413, `The request body is larger than ${maxBytes} bytes.`);
  }
}

/**
 * Returns the whole body of a request. Rejects with the stream's error when the client disconnects
 * before the end.
 *
 * Rejects with {@link BodyTooLarge} as soon as the body is known to be too large: by its declared
 * length before anything is read. The rest of the body is discarded as it arrives, because many
 * clients read the response only after they have sent everything. The server's request timeout
 * limits that.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    request.resume();
    throw new BodyTooLarge(maxBytes);
  }
  // An earlier error is not emitted again.
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

/**
 * Returns whether handling a request failed because its client disconnected before the whole body
 * had arrived. There is nothing to log then, and nobody reads a response.
 */
export function isAborted(request: IncomingMessage, error: unknown): boolean {
  return error === request.errored || (request.destroyed && !request.complete);
}
