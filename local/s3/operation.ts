import type { Bucket } from './bucket.ts';
import { checksumHeader } from './checksum.ts';
import type { ObjectRecord } from './object-file.ts';
import type { S3Request, S3Response } from './request.ts';

/**
 * Runs one operation of S3 on the bucket that the request names. Throws S3's error.
 */
export type Operation = (
  request: S3Request,
  bucket: Bucket,
  buckets: ReadonlyMap<string, Bucket>,
) => Promise<S3Response>;

/** Returns the ETag and version headers. */
export function identityHeaders({ etag, versionId }: ObjectRecord): Record<string, string> {
  return { etag: `"${etag}"`, ...(versionId !== undefined && { 'x-amz-version-id': versionId }) };
}

/** Returns the headers with the checksum of an object, if it was uploaded with one. */
export function checksumHeaders({ checksum }: ObjectRecord): Record<string, string> {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

/** S3's header for every object, since it encrypts all. Here nothing is encrypted. */
export const ENCRYPTION_HEADER = { 'x-amz-server-side-encryption': 'AES256' };
