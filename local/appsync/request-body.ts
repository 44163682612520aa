import type { IncomingMessage } from 'node:http';
import { MalformedRequestError } from './errors.ts';

/** The size over which AppSync refuses a request. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The whole body of a request, as text; rejects with the stream's error when the client goes away before the end.
 *
 * Rejects with {@link MalformedRequestError}, status 413, as soon as the body is known to be larger than 1 MB. What comes after that is
 * thrown away as it arrives: many clients read the answer only when they have sent everything.
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const tooLarge = new MalformedRequestError(`The request body is larger than ${MAX_BODY_BYTES} bytes.`, {
    status: 413,
  });
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    request.resume();
    throw tooLarge;
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(tooLarge);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}
