/**
 * Cross-origin resource sharing: which pages of other origins may call a bucket. CORS does not
 * control access. It decides whether a browser sends a request and shows the response to the page;
 * the signature decides everything else.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { S3Response } from './request.ts';
import { S3Error } from './s3-error.ts';

/**
 * One rule of a bucket's CORS configuration. An origin and a header may hold one `*`, which also
 * matches nothing.
 */
export type CorsRule = {
  allowedOrigins: readonly string[];
  allowedMethods: readonly string[];
  allowedHeaders: readonly string[];
  exposedHeaders: readonly string[];
  maxAgeSeconds?: number;
};

/**
 * The headers of a browser about its request, or in a preflight about the request to follow.
 */
type CorsRequest = { origin: string; method: string; headers: readonly string[] };

/**
 * Returns the headers that let a browser show the response to the page. They are empty if no rule
 * matches: S3 still serves the request, and the browser hides the response from the page.
 */
export function corsHeaders(
  rules: readonly CorsRule[],
  method: string,
  sent: IncomingHttpHeaders,
): Record<string, string> {
  const request = corsRequestOf(method, sent);
  const rule = request && rules.find((candidate) => allows(candidate, request));
  return request && rule ? headersOfRule(rule, request) : {};
}

/**
 * Returns the response to a preflight, which is not signed. `rules` is undefined for an unknown
 * bucket. Error codes and texts follow recordings of S3.
 */
export function preflightResponse(
  rules: readonly CorsRule[] | undefined,
  sent: IncomingHttpHeaders,
  isForObject: boolean,
): S3Response {
  const request = corsRequestOf('OPTIONS', sent);
  if (!request) {
    throw new S3Error('BadRequest', 400, 'Insufficient information. Origin request header needed.');
  }
  const forbidden = (message: string, ResourceType: 'BUCKET' | 'OBJECT') =>
    new S3Error('AccessForbidden', 403, `CORSResponse: ${message}`, { Method: request.method, ResourceType });
  if (!rules) throw forbidden('Bucket not found', 'BUCKET');
  if (rules.length === 0) throw forbidden('CORS is not enabled for this bucket.', 'BUCKET');
  if (sent['access-control-request-method'] === undefined) {
    throw new S3Error('BadRequest', 400, 'Invalid Access-Control-Request-Method: null');
  }
  const rule = rules.find((candidate) => allows(candidate, request));
  if (!rule) {
    throw forbidden(
      "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      isForObject ? 'OBJECT' : 'BUCKET',
    );
  }
  return { status: 200, headers: { ...headersOfRule(rule, request), 'content-length': '0' } };
}

/**
 * Returns undefined for a request without an origin. Only a preflight lists a browser's request
 * headers.
 */
function corsRequestOf(method: string, sent: IncomingHttpHeaders): CorsRequest | undefined {
  const { origin } = sent;
  if (origin === undefined) return undefined;
  const listed = String(sent['access-control-request-headers'] ?? '').toLowerCase();
  return {
    origin,
    method: sent['access-control-request-method'] ?? method,
    headers: listed
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  };
}

function allows(rule: CorsRule, { origin, method, headers }: CorsRequest): boolean {
  const allowedHeaders = rule.allowedHeaders.map((name) => name.toLowerCase());
  return (
    rule.allowedMethods.includes(method) &&
    rule.allowedOrigins.some((pattern) => matches(pattern, origin)) &&
    headers.every((name) => allowedHeaders.some((pattern) => matches(pattern, name)))
  );
}

/** Matches without a regular expression, because the text is not trusted. */
function matches(pattern: string, text: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function headersOfRule(rule: CorsRule, { origin, headers }: CorsRequest): Record<string, string> {
  const anyOrigin = rule.allowedOrigins.includes('*');
  return {
    'access-control-allow-origin': anyOrigin ? '*' : origin,
    ...(!anyOrigin && { 'access-control-allow-credentials': 'true' }),
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
    ...(rule.exposedHeaders.length > 0 && {
      'access-control-expose-headers': rule.exposedHeaders.join(', '),
    }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}
