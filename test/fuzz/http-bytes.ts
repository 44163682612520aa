/**
 * Requests as bytes on the wire, so that they may be invalid in any way, and can be sent again
 * unchanged.
 */
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { NodeSha256 } from '../../local/iam/sigv4.ts';
import type { Outputs } from '../../local/start-local.ts';

/** The target of an input. */
export type Target = {
  /** Host and port. */
  host: string;
  outputs: Outputs;
  /** The credentials of an operator, who has all permissions. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
};

/** Bytes for a separate connection. */
export type Input = {
  /** Service and operation. */
  label: string;
  /** Sent in sequence; each but the first once the response contains its `after`. */
  parts: { bytes: Buffer; after?: string }[];
  /**
   * A complete request must get a response. For anything else the connection must only be closed,
   * once this side has ended.
   */
  expects: 'response' | 'close';
};

export type Header = readonly [name: string, value: string];

/** A request before serialization. */
export type Request = {
  method: string;
  /** With its query, as it goes over the wire. */
  path: string;
  headers: Header[];
  body?: Buffer | string | undefined;
};

/**
 * Returns a complete request, valid HTTP whatever its parts contain. The server closes the
 * connection after its response.
 */
export function whole(label: string, { host }: Target, request: Request): Input {
  return { label, parts: [{ bytes: requestBytes(host, request, 'close') }], expects: 'response' };
}

/** Returns the bytes of a valid request, and adds framing and host. */
export function requestBytes(
  host: string,
  { method, path, headers, body = '' }: Request,
  connection: 'close' | 'keep-alive',
): Buffer {
  const content = Buffer.from(body);
  const own = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade']);
  const lines = headers
    .filter(([name]) => !own.has(name.toLowerCase()) && /^[\w!#$%&'*+.^`|~-]+$/.test(name))
    .map(([name, value]) => `${name}: ${value.replace(/[^\t -~\u0080-\uffff]/g, '')}`);
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) lines.push(`host: ${host}`);
  if (headers.some(([name, value]) => name.toLowerCase() === 'transfer-encoding' && value === 'chunked')) {
    lines.push('transfer-encoding: chunked');
  } else if (content.length > 0 || !['GET', 'HEAD', 'OPTIONS'].includes(method)) {
    lines.push(`content-length: ${content.length}`);
  }
  const head = `${method} ${onWire(path)} HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: ${connection}\r\n\r\n`;
  const framed = lines.includes('transfer-encoding: chunked') ? inChunks(content) : content;
  return Buffer.concat([Buffer.from(head), framed]);
}

/** Removes characters that would end the request line. */
function onWire(path: string): string {
  return path.toWellFormed().replace(/[^!-~]+/g, encodeURI);
}

function inChunks(content: Buffer): Buffer {
  const sized = content.length === 0 ? '' : `${content.length.toString(16)}\r\n`;
  return Buffer.concat([
    Buffer.from(sized),
    content,
    Buffer.from(`${content.length === 0 ? '' : '\r\n'}0\r\n\r\n`),
  ]);
}

/** Returns the request with a valid signature in its headers. */
export async function signed(target: Target, service: string, request: Request): Promise<Request> {
  const body = Buffer.from(request.body ?? '');
  const { headers } = await signerFor(target, service).sign(unsignedParts(target, request, body));
  return { ...request, headers: Object.entries(headers) };
}

/** Returns the request with a valid signature in its query. */
export async function presigned(target: Target, request: Request, expiresIn: number): Promise<Request> {
  const { query = {} } = await signerFor(target, 's3').presign(unsignedParts(target, request, undefined), {
    expiresIn,
    unhoistableHeaders: new Set(request.headers.map(([name]) => name.toLowerCase())),
  });
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one ?? '']),
    ),
  );
  const search = parameters.toString().replaceAll('+', '%20');
  return { ...request, path: `${request.path.replace(/\?.*/s, '')}?${search}` };
}

function signerFor({ credentials, outputs }: Target, service: string): SignatureV4 {
  return new SignatureV4({
    credentials,
    region: outputs.region,
    service,
    sha256: NodeSha256,
    uriEscapePath: service !== 's3',
    applyChecksum: service !== 's3',
  });
}

function unsignedParts({ host }: Target, request: Request, body: Buffer | undefined): HttpRequest {
  const [path = '', search = ''] = onWire(request.path).split(/\?(.*)/s);
  const query: Record<string, string | string[]> = {};
  const parameters = new URLSearchParams(search);
  for (const name of parameters.keys()) query[name] = parameters.getAll(name);
  const headers = Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return new HttpRequest({ method: request.method, path, query, headers: { host, ...headers }, body });
}
