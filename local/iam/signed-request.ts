import type { IncomingMessage } from 'node:http';
import { readBody } from '../common/request-body.ts';
import type { Principal } from './credentials.ts';
import type { SignatureVerifier } from './sigv4.ts';

/**
 * Returns the signer of a request and its whole body. The body is read only once the signer is
 * known to hold credentials of this run, so that strangers cannot fill the memory. Rejects as
 * `verify` does, and with `BodyTooLarge`.
 */
export async function readSigned(
  request: IncomingMessage,
  { service, maxBytes, verifier }: { service: string; maxBytes: number; verifier: SignatureVerifier },
): Promise<{ principal: Principal; body: Buffer }> {
  const { method = '', url: path = '', headers } = request;
  let body: Buffer = Buffer.alloc(0);
  const principal = await verifier.verify({
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
