import type { IncomingMessage } from 'node:http';
import { readBody } from '../common/request-body.ts';
import type { Principal } from './credentials.ts';
import type { SignatureVerifier } from './sigv4.ts';

/**
 * The signer of a request and its whole body, which is read only once the signer is known to hold
 * credentials of this run: a stranger's body takes no memory. Rejects as `verify` does, and with
 * `BodyTooLarge`.
 */
export async function readSigned(
  request: IncomingMessage,
  { service, maxBytes, verify }: { service: string; maxBytes: number; verify: SignatureVerifier['verify'] },
): Promise<{ principal: Principal; body: Buffer }> {
  const { method = '', url: path = '', headers } = request;
  let body: Buffer = Buffer.alloc(0);
  const principal = await verify({
    service,
    method,
    path,
    headers,
    async body() {
      body = await readBody(request, maxBytes);
      return body;
    },
  });
  return { principal, body };
}
