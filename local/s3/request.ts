import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import type { Principal } from '../iam/credentials.ts';
import type { Access } from './access.ts';
import { S3Error } from './s3-error.ts';

/** A request to S3, parsed up to its headers. */
export type S3Request = {
  id: string;
  /** The signer. */
  principal: Principal;
  /** The permissions of the signer. */
  access: Access;
  /** Empty if the request is for the bucket. */
  key: string;
  query: URLSearchParams;
  /** Names in lower case, including the `x-amz-*` of a presigned URL. */
  headers: Record<string, string>;
  body: Readable;
  sourceIp: string;
};

/** The response of an operation: XML as a string, an object as a stream. */
export type S3Response = { status: number; headers: Record<string, string>; body?: string | Readable };

const MAX_KEY_BYTES = 1024;

/**
 * Returns bucket and key from the path, or the bucket from the host name. Either is empty if it is
 * missing. Throws 400 for a path that is not UTF-8 and for a key that is too long.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function addressOf(
  path: string,
  host: string,
  bucketNames: readonly string[],
): { bucketName: string; key: string } {
  const { bucketName, rawKey } = rawAddressOf(path, host, bucketNames);
  return { bucketName: decode(bucketName), key: keyOf(rawKey) };
}

/**
 * Returns bucket and key before percent-decoding. Never throws.
 */
export function rawAddressOf(
  path: string,
  host: string,
  bucketNames: readonly string[],
): { bucketName: string; rawKey: string } {
  const hostName = host.replace(/:\d+$/, '');
  const ofHost = isIP(hostName) ? undefined : bucketNames.find((name) => hostName.startsWith(`${name}.`));
  if (ofHost !== undefined) return { bucketName: ofHost, rawKey: path.slice(1) };

  const [bucketName = '', rawKey = ''] = path.slice(1).split(/\/(.*)/s);
  return { bucketName, rawKey };
}

function keyOf(rawKey: string): string {
  const key = decode(rawKey);
  checkKeyLength(key);
  return key;
}

/** Throws 400 for a key of more than 1,024 bytes in UTF-8. */
export function checkKeyLength(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', 400, 'Your key is too long', {
      Size: String(bytes),
      MaxSizeAllowed: String(MAX_KEY_BYTES),
    });
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    const message = "Couldn't parse the specified URI.";
    throw new S3Error('InvalidURI', 400, message, { URI: text }, { cause });
  }
}
