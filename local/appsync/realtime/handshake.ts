import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { queryOf } from '../graphql/graphql-request.ts';
import { parseObject, textsOf } from './frames.ts';

/**
 * AppSync's only sub-protocol; the newer `graphql-transport-ws` is another protocol.
 */
export const SUB_PROTOCOL = 'graphql-ws';

const HEADER_PREFIX = 'header-';

/** Returns the sub-protocols that a client offers. */
export function offeredProtocols({ headers }: IncomingMessage): string[] {
  return String(headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim());
}

/**
 * Returns the credentials of an upgrade request, as headers in lower case: from a sub-protocol
 * `header-<base64url JSON>`, otherwise from the query's `header=<base64 JSON>`, otherwise from the
 * request's own headers. Returns undefined for a header that is not a JSON object.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html#header-parameter-format-based-on-appsync-api-authorization-mode
 */
export function connectHeaders(request: IncomingMessage): IncomingHttpHeaders | undefined {
  const inProtocol = offeredProtocols(request)
    .find((protocol) => protocol.startsWith(HEADER_PREFIX))
    ?.slice(HEADER_PREFIX.length);
  const encoded = inProtocol ?? queryOf(request.url ?? '').get('header');
  if (encoded === null) return request.headers;
  // Node decodes both alphabets of base64 under this name. A '+' in the query arrives as a space.
  const decoded = parseObject(Buffer.from(encoded.replaceAll(' ', '+'), 'base64').toString('utf8'));
  return decoded && textsOf(decoded);
}
