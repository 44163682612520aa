import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { decodeAwsChunked } from './aws-chunked.ts';
import {
  algorithmOfHeader,
  type Checksum,
  type ChecksumAlgorithm,
  checksumHeader,
  compareChecksum,
  startChecksum,
} from './checksum.ts';
import { headerNotImplemented, notSupportedHere, S3Error } from './s3-error.ts';

/** The body of a request, checked against all its headers. */
export type CheckedBody = {
  /**
   * Returns the bytes, once. Throws after the last bytes if the body does not match the headers.
   */
  chunks(): AsyncIterable<Buffer>;
  /** Returns the checksum sent with the body, known when all chunks are read. */
  checksum(): Checksum | undefined;
};

const MAX_PUT_BYTES = 5 * 1024 ** 3;
const STREAMING_WITH_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/**
 * Checks a body against its length, `content-md5`, `x-amz-content-sha256` and `x-amz-checksum-*`,
 * the last from a header or a trailer. Throws immediately if the headers themselves are not valid.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function checkedBody(stream: Readable, headers: Record<string, string>): CheckedBody {
  const contentSha256 = headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  const isAwsChunked = contentSha256 === STREAMING_WITH_TRAILER;
  if (contentSha256.startsWith('STREAMING-') && !isAwsChunked) {
    throw notSupportedHere(`x-amz-content-sha256: ${contentSha256}`);
  }
  if (
    !isAwsChunked &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] !== undefined
  ) {
    throw headerNotImplemented('Transfer-Encoding');
  }
  const expectedBytes = lengthOf(headers[isAwsChunked ? 'x-amz-decoded-content-length' : 'content-length']);
  const md5 = md5Of(headers);
  const sent = checksumIn(headers);
  const algorithm = sent?.algorithm ?? announcedTrailer(headers);
  if (headers['x-amz-sdk-checksum-algorithm'] !== undefined && algorithm === undefined) {
    throw new S3Error(
      'InvalidRequest',
      400,
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  let checksum: Checksum | undefined;

  async function* chunks(): AsyncGenerator<Buffer> {
    // An error needs a response. Destroying the request's stream would close its connection.
    const raw: AsyncIterable<Buffer> = {
      [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }),
    };
    const trailers = new Map<string, string>();
    const sha256Hash = createHash('sha256');
    const md5Hash = createHash('md5');
    const running = algorithm && startChecksum(algorithm);
    let bytes = 0;
    for await (const chunk of isAwsChunked ? decodeAwsChunked(raw, trailers) : raw) {
      bytes += chunk.length;
      sha256Hash.update(chunk);
      md5Hash.update(chunk);
      running?.update(chunk);
      yield chunk;
    }
    if (bytes !== expectedBytes) {
      throw new S3Error(
        'IncompleteBody',
        400,
        `You did not provide the number of bytes specified by the Content-Length HTTP header: expected ${expectedBytes}, got ${bytes}`,
      );
    }
    if (!isAwsChunked && contentSha256 !== 'UNSIGNED-PAYLOAD') {
      compareContentSha256(contentSha256, sha256Hash.digest('hex'));
    }
    if (md5 !== undefined && md5 !== md5Hash.digest('base64')) {
      throw new S3Error('BadDigest', 400, 'The Content-MD5 you specified did not match what we received.');
    }
    if (algorithm && running) {
      const calculated = running.base64();
      const value = sent?.value ?? trailers.get(checksumHeader(algorithm)) ?? '';
      compareChecksum({ algorithm, value }, calculated);
      checksum = { algorithm, value };
    }
  }

  return { chunks, checksum: () => checksum };
}

function lengthOf(header: string | undefined): number {
  if (header === undefined) {
    throw new S3Error('MissingContentLength', 411, 'You must provide the Content-Length HTTP header.');
  }
  const bytes = Number(header);
  if (bytes > MAX_PUT_BYTES) {
    throw new S3Error('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: header,
      MaxSizeAllowed: String(MAX_PUT_BYTES),
    });
  }
  return bytes;
}

function md5Of(headers: Record<string, string>): string | undefined {
  const md5 = headers['content-md5'];
  if (md5 === undefined) return undefined;
  const bytes = Buffer.from(md5, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== md5) {
    throw new S3Error('InvalidDigest', 400, 'The Content-MD5 you specified was invalid.', {
      'Content-MD5': md5,
    });
  }
  return md5;
}

function checksumIn(headers: Record<string, string>): Checksum | undefined {
  const found: Checksum[] = [];
  for (const [header, value] of Object.entries(headers)) {
    const algorithm = algorithmOfHeader(header);
    if (algorithm) found.push({ algorithm, value });
  }
  if (found.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      400,
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return found[0];
}

function announcedTrailer(headers: Record<string, string>): ChecksumAlgorithm | undefined {
  const trailer = headers['x-amz-trailer'];
  if (trailer === undefined) return undefined;
  const algorithm = algorithmOfHeader(trailer.trim().toLowerCase());
  if (algorithm === undefined) {
    throw new S3Error(
      'InvalidRequest',
      400,
      'The value specified in the x-amz-trailer header is not supported',
    );
  }
  return algorithm;
}

function compareContentSha256(declared: string, calculated: string): void {
  if (declared === calculated) return;
  throw new S3Error(
    'XAmzContentSHA256Mismatch',
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { ClientComputedContentSHA256: declared, S3ComputedContentSHA256: calculated },
  );
}
