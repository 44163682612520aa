import type { IncomingHttpHeaders } from 'node:http';
import { invalidArgument, notSupportedHere, S3Error } from './s3-error.ts';

/** The account of the local runtime. */
export const ACCOUNT_ID = '000000000000';

/**
 * Parameters of a presigned URL about the signature, or about a body that was not known when it was
 * signed.
 */
const NOT_HOISTED =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|sdk-checksum-algorithm|checksum-(?!mode).*)$/;

/**
 * Returns the headers of a request. The signer of a presigned URL moves `x-amz-*` headers to the
 * query, and they apply from there. The checksum does not: the JavaScript SDK computes it from an
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

/** Returns the value of a parameter as a header value. Throws if it cannot be one. */
export function headerValue(parameter: string, value: string): string {
  if (/^[\t -~\u0080-\u00ff]*$/.test(value)) return value;
  throw invalidArgument('Header value cannot be represented using ISO-8859-1.', parameter, value);
}

const KNOWN =
  /^x-amz-(date|content-sha256|security-token|user-agent|decoded-content-length|trailer|sdk-checksum-algorithm|checksum-.*|meta-.*|copy-source.*|metadata-directive|request-payer)$/;

/** Headers that are accepted only with these values, which describe the actual behavior. */
const KNOWN_VALUES: Record<string, string[]> = {
  'x-amz-server-side-encryption': ['AES256'],
  'x-amz-storage-class': ['STANDARD'],
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
};

/**
 * Throws for an `x-amz-*` header that requests an unsupported feature.
 */
export function rejectUnsupportedHeaders(headers: Record<string, string>): void {
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

/** Returns the encoding without `aws-chunked`, which only describes the transfer. */
function objectEncoding(sent: string): string {
  const encodings = sent.split(',').map((encoding) => encoding.trim());
  if (!encodings.includes('aws-chunked')) return sent;
  return encodings.filter((encoding) => encoding !== 'aws-chunked').join(',');
}

/** Headers that are stored with an object. */
const STORED = ['cache-control', 'content-disposition', 'content-language', 'expires'];
const MAX_METADATA_BYTES = 2 * 1024;

/**
 * Returns the headers of a write that are stored with the object. Throws `MetadataTooLarge` for
 * more than 2 KB of `x-amz-meta-*`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export function objectHeadersOf(headers: Record<string, string>): Record<string, string> {
  const stored: Record<string, string> = { 'content-type': headers['content-type'] ?? 'binary/octet-stream' };
  for (const name of STORED) {
    const value = headers[name];
    if (value !== undefined) stored[name] = value;
  }
  const encoding = objectEncoding(headers['content-encoding'] ?? '');
  if (encoding !== '') stored['content-encoding'] = encoding;

  let metadataBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-meta-')) continue;
    stored[name] = value;
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
  return stored;
}
