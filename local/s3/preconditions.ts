import type { ObjectRecord } from './object-file.ts';
import { headerNotImplemented, noSuchKey, preconditionFailed } from './s3-error.ts';

type Headers = Record<string, string>;

/**
 * Throws 501 for a conditional write in a form that S3 does not support.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function rejectUnknownWriteCondition(headers: Headers): void {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw headerNotImplemented('If-Match,If-None-Match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw headerNotImplemented('If-None-Match');
  if (ifMatch === '*') throw headerNotImplemented('If-Match');
}

/** Throws 412 or 404 if the condition of a write forbids replacing `current`. */
export function checkWriteCondition(headers: Headers, key: string, current: ObjectRecord | undefined): void {
  if (headers['if-none-match'] !== undefined && current) throw preconditionFailed('If-None-Match');
  checkIfMatch(headers['if-match'], key, current);
}

/**
 * Throws 412 or 404 if `current` is not the object to delete; `*` matches any.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export function checkIfMatch(
  ifMatch: string | undefined,
  key: string,
  current: ObjectRecord | undefined,
): void {
  if (ifMatch === undefined) return;
  if (!current) throw noSuchKey(key);
  if (!names(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

/** A condition of a read, as S3 spells its header. */
export type ReadCondition = 'If-Match' | 'If-Unmodified-Since' | 'If-None-Match' | 'If-Modified-Since';

/**
 * Returns the first condition that the object does not meet; undefined if it may be read. The
 * headers of CopyObject have a prefix. A condition on the ETag overrides the one on the date. A
 * date in the future, or an invalid one, is ignored.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function failedReadCondition(
  headers: Headers,
  { etag, lastModified }: ObjectRecord,
  prefix: '' | 'x-amz-copy-source-' = '',
): ReadCondition | undefined {
  const ifMatch = headers[`${prefix}if-match`];
  const ifNoneMatch = headers[`${prefix}if-none-match`];
  const unmodifiedSinceMs = Date.parse(headers[`${prefix}if-unmodified-since`] ?? '');
  const modifiedSinceMs = Date.parse(headers[`${prefix}if-modified-since`] ?? '');
  const lastModifiedMs = Date.parse(lastModified);

  if (ifMatch !== undefined) {
    if (!names(ifMatch, etag)) return 'If-Match';
  } else if (lastModifiedMs > unmodifiedSinceMs) {
    return 'If-Unmodified-Since';
  }
  if (ifNoneMatch !== undefined) {
    if (names(ifNoneMatch, etag)) return 'If-None-Match';
  } else if (lastModifiedMs <= modifiedSinceMs && modifiedSinceMs <= Date.now()) {
    return 'If-Modified-Since';
  }
  return undefined;
}

/** Returns whether a list of ETags, with or without quotes, contains this one. */
function names(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const name = item.trim().replace(/^W\//, '').replaceAll('"', '');
    return name === '*' || name === etag;
  });
}
