import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials, KnownSession, Principal } from './credentials.ts';
import {
  jsonSignatureErrors,
  presignedSignatureErrors,
  SignatureError,
  type SignatureErrors,
  s3SignatureErrors,
} from './signature-error.ts';
import { claimOfHeaders, claimOfQuery, type SignatureClaim } from './sigv4-claim.ts';

/** A request as received; for a WebSocket, the request that its client claims to have signed. */
export type SignedRequest = {
  /** The signing name of the called service: `s3`, `states`, `appsync`, `sqs`. */
  service: string;
  method: string;
  /** Path and query exactly as on the wire, including the prefix of the client's endpoint. */
  path: string;
  headers: IncomingHttpHeaders;
  /**
   * The signed body:
   * - its bytes, or a function that reads them. It is called once key, token, scope and date are
   *   verified;
   * - `AS_DECLARED`: the hash in the header `x-amz-content-sha256`. The caller compares the body
   *   with it while reading (S3);
   * - `UNCHECKED`: the hash in that header. Without the header the signed body is unknown. Then
   *   only key, session token, scope and date are verified, so the token is the proof. It is for
   *   AppSync over HTTP: `aws-appsync-auth-link` 4.0.2 signs `{operationName, variables, query}`,
   *   but Apollo sends `extensions` too, and no header with the hash.
   */
  body: Buffer | (() => Promise<Buffer>) | 'AS_DECLARED' | 'UNCHECKED';
};

/** Verifies signatures. */
export type SignatureVerifier = {
  /** Returns the signer by the header `authorization`. Rejects with {@link SignatureError}. */
  verify(request: SignedRequest): Promise<Principal>;
  /**
   * Returns the signer by the query of a presigned S3 URL, until it expires. Rejects with
   * {@link SignatureError}.
   */
  verifyPresigned(request: Omit<SignedRequest, 'service' | 'body'>): Promise<Principal>;
};

const PAYLOAD_HASH = 'x-amz-content-sha256';
const S3_SKEW_MS = 15 * 60_000;
const JSON_SKEW_MS = 5 * 60_000;

/**
 * Creates a verifier of Signature Version 4. It signs the request again with the secret of the
 * access key that the request names.
 *
 * A signature is valid for five minutes around its date, with S3 for fifteen. Chunk signatures
 * (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`), Signature Version 4A and a `date` header in place of
 * `x-amz-date` are not supported.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createSignatureVerifier(
  credentials: Credentials,
  { region, now = Date.now }: { region: string; now?: () => number },
): SignatureVerifier {
  /**
   * Returns the session that the claim names, if the claim is for this region, this service and its
   * own date.
   */
  function sessionOf(
    claim: SignatureClaim,
    service: string,
    sessionToken: string | null | undefined,
    errors: SignatureErrors,
  ): KnownSession {
    const signedOn = claim.signedAt.toISOString().slice(0, 10).replaceAll('-', '');
    if (claim.region !== region) throw errors.wrongScope('region', claim.region, region);
    if (claim.service !== service) throw errors.wrongScope('service', claim.service, service);
    if (claim.scopeDate !== signedOn) throw errors.wrongScope('date', claim.scopeDate, signedOn);
    const session = credentials.find(claim.accessKeyId);
    if (!session) throw errors.unknownAccessKey(claim.accessKeyId);
    if (!equalInConstantTime(sessionToken ?? '', session.sessionToken)) throw errors.wrongSessionToken();
    return session;
  }

  return {
    async verify({ service, method, path, headers, body }) {
      const isS3 = service === 's3';
      const errors = isS3 ? s3SignatureErrors : jsonSignatureErrors;
      const sent = lowerCaseNames(headers);
      const claim = claimOfHeaders(sent.authorization, sent['x-amz-date'], errors);
      const skewMs = isS3 ? S3_SKEW_MS : JSON_SKEW_MS;
      if (Math.abs(now() - claim.signedAt.getTime()) > skewMs) {
        throw errors.skewed(claim.signedAt, new Date(now()), skewMs);
      }
      const session = sessionOf(claim, service, sent['x-amz-security-token'], errors);
      assertSigned(sent, claim, isS3, errors);

      const declaredHash = sent[PAYLOAD_HASH];
      if (body === 'UNCHECKED' && declaredHash === undefined) return session.principal;
      const bytes = typeof body === 'function' ? await body() : body;
      const payloadHash = Buffer.isBuffer(bytes) ? sha256Hex(bytes) : declaredHash;
      if (payloadHash === undefined) {
        throw new SignatureError(
          'InvalidRequest',
          400,
          `Missing required header for this request: ${PAYLOAD_HASH}`,
        );
      }
      if (declaredHash !== undefined && declaredHash !== payloadHash) throw errors.mismatch();

      const signed = await signerFor(session, claim).sign(
        canonicalParts(method, path, sent, claim, payloadHash),
        {
          signingDate: claim.signedAt,
          ...headersToSign(claim),
        },
      );
      const expected = claimOfHeaders(signed.headers.authorization, sent['x-amz-date'], errors);
      if (!equalInConstantTime(claim.signature, expected.signature)) throw errors.mismatch();
      return session.principal;
    },

    async verifyPresigned({ method, path, headers }) {
      const errors = presignedSignatureErrors;
      const sent = lowerCaseNames(headers);
      const query = queryOf(path);
      const claim = claimOfQuery(query, errors);
      assertNotExpired(claim.signedAt.getTime(), claim.expiresInSeconds, now());
      const session = sessionOf(claim, 's3', query.get('X-Amz-Security-Token'), errors);
      assertSigned(sent, claim, true, errors);

      const payloadHash = query.get('X-Amz-Content-Sha256') ?? sent[PAYLOAD_HASH] ?? 'UNSIGNED-PAYLOAD';
      const signed = await signerFor(session, claim).presign(
        canonicalParts(method, path, sent, claim, payloadHash),
        {
          signingDate: claim.signedAt,
          expiresIn: claim.expiresInSeconds,
          unhoistableHeaders: new Set([...claim.signedHeaders, PAYLOAD_HASH]),
          ...headersToSign(claim),
        },
      );
      const expected = String(signed.query?.['X-Amz-Signature']);
      if (!equalInConstantTime(claim.signature, expected)) throw errors.mismatch();
      return session.principal;
    },
  };
}

/** Returns whether a request has its signature in the query. */
export function isPresigned(path: string): boolean {
  const query = queryOf(path);
  return query.has('X-Amz-Signature') || query.has('X-Amz-Algorithm') || query.has('X-Amz-Credential');
}

function signerFor({ secretAccessKey }: KnownSession, { accessKeyId, region, service }: SignatureClaim) {
  // Without the session token: the signer would add it to the headers, although the client may not
  // have signed it there.
  return new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region,
    service,
    sha256: NodeSha256,
    applyChecksum: false,
    // Only S3 uses the path unchanged: its keys may contain "..", "//" and "%".
    uriEscapePath: service !== 's3',
  });
}

/**
 * Returns the request with only the headers that the client has signed, and the payload hash where
 * the signer expects it.
 */
function canonicalParts(
  method: string,
  path: string,
  sent: Record<string, string>,
  claim: SignatureClaim,
  payloadHash: string,
): HttpRequest {
  const headers: Record<string, string> = { [PAYLOAD_HASH]: payloadHash };
  for (const name of claim.signedHeaders) {
    const value = sent[name];
    if (value !== undefined) headers[name] = value;
  }
  // Without a prototype, because a client chooses the names.
  const query: Record<string, string | string[]> = Object.create(null);
  const parameters = queryOf(path);
  for (const name of parameters.keys()) query[name] = parameters.getAll(name);
  return new HttpRequest({ method, path: path.replace(/\?.*$/s, ''), headers, query });
}

/**
 * The signer omits some headers by itself (`cache-control`, `expect`). They are included if the
 * client has signed them.
 */
function headersToSign({ signedHeaders }: SignatureClaim) {
  return { signableHeaders: new Set(signedHeaders), unsignableHeaders: new Set([PAYLOAD_HASH]) };
}

/**
 * Without `host` a signature would be valid for another server too. S3 also requires every `x-amz-`
 * header to be signed.
 */
function assertSigned(
  sent: Record<string, string>,
  { signedHeaders }: SignatureClaim,
  isS3: boolean,
  errors: SignatureErrors,
): void {
  const needed = ['host', ...(isS3 ? Object.keys(sent).filter((name) => name.startsWith('x-amz-')) : [])];
  const missing = needed.filter((name) => !signedHeaders.includes(name));
  if (missing.length > 0) throw errors.headersNotSigned(missing);
}

function assertNotExpired(signedAtMs: number, expiresInSeconds: number, nowMs: number): void {
  if (signedAtMs > nowMs + S3_SKEW_MS) {
    throw new SignatureError('AccessDenied', 403, 'Request is not yet valid');
  }
  const expiresMs = signedAtMs + expiresInSeconds * 1000;
  if (nowMs > expiresMs) {
    throw new SignatureError('AccessDenied', 403, 'Request has expired', {
      'X-Amz-Expires': String(expiresInSeconds),
      Expires: new Date(expiresMs).toISOString().replace(/\.\d{3}/, ''),
      ServerTime: new Date(nowMs).toISOString().replace(/\.\d{3}/, ''),
    });
  }
}

function queryOf(path: string): URLSearchParams {
  return new URLSearchParams(path.split(/\?(.*)/s)[1] ?? '');
}

function lowerCaseNames(headers: IncomingHttpHeaders): Record<string, string> {
  // Without a prototype, because a client chooses the names, also those that it has signed.
  const lower: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) lower[name.toLowerCase()] = Array.isArray(value) ? value.join(',') : value;
  }
  return lower;
}

function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(a)), Buffer.from(sha256Hex(b)));
}

function sha256Hex(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 or, with a secret, HMAC-SHA-256, in the form that the signer expects. */
export class NodeSha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
