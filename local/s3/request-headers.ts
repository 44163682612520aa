import type { IncomingHttpHeaders } from 'node:http';
import { invalidArgument, notSupportedHere, S3Error } from './s3-error.ts';

/** The account that everything local belongs to. */
export const ACCOUNT_ID = '000000000000';

/**
 * Parameters of a presigned URL that are about the signature, or about a body that was not there
 * when it was signed.
 */
const NOT_HOISTED =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|sdk-checksum-algorithm|checksum-(?!mode).*)$/;

/**
 * The headers of a request. In a presigned URL, the signer has moved `x-amz-*` headers to the
 * query, and they count from there; not so the checksum, which the JavaScript SDK has taken from an
 * empty body.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function headersOf(
  sent: IncomingHttpHeaders,
  query: URLSearchParams,
  presigned: boolean,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [parameter, value] of presigned ? query : []) {
    const name = parameter.toLowerCase();
    if (name.startsWith('x-amz-') && !NOT_HOISTED.test(name)) headers[name] = headerValue(parameter, value);
  }
  for (const [name, value] of Object.entries(sent)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** The value of a parameter that becomes a header; throws for one that cannot. */
export function headerValue(parameter: string, value: string): string {
  if (/^[\t -~\u0080-\u00ff]*$/.test(value)) return value;
  throw invalidArgument('Header value cannot be represented using ISO-8859-1.', parameter, value);
}

const KNOWN =
  /^x-amz-(date|content-sha256|security-token|user-agent|decoded-content-length|trailer|sdk-checksum-algorithm|checksum-.*|meta-.*|copy-source.*|metadata-directive|request-payer)$/;

/** Headers that are taken with these values only, because the values say what is done anyway. */
const KNOWN_VALUES: Record<string, string[]> = {
  'x-amz-server-side-encryption': ['AES256'],
  'x-amz-storage-class': ['STANDARD'],
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
};

/**
 * Throws for an `x-amz-*` header that asks for something that is not done here, rather than do
 * something else.
 */
export function refuseUnsupportedHeaders(headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-') || KNOWN.test(name)) continue;
    if (name === 'x-amz-expected-bucket-owner') {
      if (value !== ACCOUNT_ID) throw new S3Error('AccessDenied', 403, 'Access Denied');
      continue;
    }
    const values = KNOWN_VALUES[name];
    if (values === undefined) throw notSupportedHere(`The header ${name}`);
    if (!values.includes(value)) throw notSupportedHere(`${name}: ${value}`);
  }
}

/** Without `aws-chunked`, which is only how the body travelled; else as it was sent. */
function objectEncoding(sent: string): string {
  const encodings = sent.split(',').map((encoding) => encoding.trim());
  if (!encodings.includes('aws-chunked')) return sent;
  return encodings.filter((encoding) => encoding !== 'aws-chunked').join(',');
}

/** Headers that belong to an object, as they are kept with it. */
const KEPT = ['cache-control', 'content-disposition', 'content-language', 'expires'];
const MAX_METADATA_BYTES = 2 * 1024;

/**
 * What an object keeps of the headers of the request that wrote it. Throws `MetadataTooLarge` for
 * more than 2 KB of `x-amz-meta-*`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export function objectHeadersOf(headers: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': headers['content-type'] ?? 'binary/octet-stream' };
  for (const name of KEPT) {
    const value = headers[name];
    if (value !== undefined) kept[name] = value;
  }
  const encoding = objectEncoding(headers['content-encoding'] ?? '');
  if (encoding !== '') kept['content-encoding'] = encoding;

  let metadataBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-meta-')) continue;
    kept[name] = value;
    metadataBytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value);
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error(
      'MetadataTooLarge',
      400,
      'Your metadata headers exceed the maximum allowed metadata size',
      {
        Size: String(metadataBytes),
        MaxSizeAllowed: String(MAX_METADATA_BYTES),
      },
    );
  }
  return kept;
}
