import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { notSupportedHere, S3Error } from './s3-error.ts';

/** The supported algorithms. The SDKs send CRC32 by default. */
export type ChecksumAlgorithm = 'CRC32' | 'SHA1' | 'SHA256';

/** A checksum of a whole object, in base64. */
export type Checksum = { algorithm: ChecksumAlgorithm; value: string };

/** A checksum in progress, over the chunks of a body. */
export type RunningChecksum = { update(chunk: Buffer): void; base64(): string };

const PREFIX = 'x-amz-checksum-';
const BYTES: Record<ChecksumAlgorithm, number> = { CRC32: 4, SHA1: 20, SHA256: 32 };

/** Returns the name of the header with a checksum. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return PREFIX + algorithm.toLowerCase();
}

/**
 * Returns the algorithm of a header `x-amz-checksum-*`; undefined for another header. Throws 501
 * for an unsupported algorithm.
 */
export function algorithmOfHeader(header: string): ChecksumAlgorithm | undefined {
  if (!header.startsWith(PREFIX)) return undefined;
  const name = header.slice(PREFIX.length).toUpperCase();
  switch (name) {
    case 'CRC32':
    case 'SHA1':
    case 'SHA256':
      return name;
    case 'ALGORITHM':
    case 'MODE':
    case 'TYPE':
      return undefined;
    default:
      throw notSupportedHere(`The checksum algorithm ${name}`);
  }
}

/** Starts a checksum. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  if (algorithm === 'CRC32') {
    let value = 0;
    return {
      update(chunk) {
        value = crc32(chunk, value);
      },
      base64() {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes.toString('base64');
      },
    };
  }
  const hash = createHash(algorithm.toLowerCase());
  return { update: (chunk) => hash.update(chunk), base64: () => hash.digest('base64') };
}

/**
 * Compares a checksum. Throws S3's error if it is not valid, or does not match the body.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function compareChecksum(sent: Checksum, calculated: string): void {
  const { algorithm, value } = sent;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== BYTES[algorithm] || bytes.toString('base64') !== value) {
    throw new S3Error('InvalidRequest', 400, `Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
  if (value !== calculated) {
    throw new S3Error(
      'BadDigest',
      400,
      `The ${algorithm} you specified did not match the calculated checksum.`,
    );
  }
}
