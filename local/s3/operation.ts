import type { Bucket } from './bucket.ts';
import { checksumHeader } from './checksum.ts';
import type { ObjectRecord } from './object-file.ts';
import type { S3Request, S3Response } from './request.ts';

/**
 * Does one operation of S3 on the bucket that the request names; throws the error that S3 answers
 * with.
 */
export type Operation = (
  request: S3Request,
  bucket: Bucket,
  buckets: ReadonlyMap<string, Bucket>,
) => Promise<S3Response>;

/** The headers by which an object is told from another and from its former self. */
export function identityHeaders({ etag, versionId }: ObjectRecord): Record<string, string> {
  return { etag: `"${etag}"`, ...(versionId !== undefined && { 'x-amz-version-id': versionId }) };
}

/** The header with the checksum of an object, if it came with one. */
export function checksumHeaders({ checksum }: ObjectRecord): Record<string, string> {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

/** What S3 says of every object since it encrypts all; here nothing is encrypted. */
export const ENCRYPTION_HEADER = { 'x-amz-server-side-encryption': 'AES256' };
