import type { AwsEvent } from '../common/aws-event.ts';
import type { Bucket } from './bucket.ts';
import type { ObjectRecord } from './object-file.ts';
import type { Deletion } from './object-store.ts';
import type { S3Request } from './request.ts';
import { ACCOUNT_ID } from './request-headers.ts';

/**
 * Returns the event of a written object.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function objectCreated(
  bucket: Bucket,
  { key, sizeBytes, etag, sequencer, versionId }: ObjectRecord,
  request: S3Request,
  reason: 'PutObject' | 'CopyObject',
): AwsEvent {
  const object = { key, size: sizeBytes, etag, ...versionOf(versionId), sequencer };
  return event('Object Created', bucket, request, { object, reason });
}

/**
 * Returns the event of a deleted object. In a versioned bucket a delete marker replaces it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function objectDeleted(
  bucket: Bucket,
  { key, sequencer, versionId }: Deletion,
  request: S3Request,
): AwsEvent {
  const object = { key, ...versionOf(versionId), sequencer };
  const deletionType = versionId === undefined ? 'Permanently Deleted' : 'Delete Marker Created';
  return event('Object Deleted', bucket, request, {
    object,
    reason: 'DeleteObject',
    'deletion-type': deletionType,
  });
}

function versionOf(versionId: string | undefined): Record<string, string> {
  return versionId === undefined ? {} : { 'version-id': versionId };
}

function event(
  detailType: string,
  bucket: Bucket,
  request: S3Request,
  detail: Record<string, unknown>,
): AwsEvent {
  return {
    source: 'aws.s3',
    'detail-type': detailType,
    resources: [`arn:aws:s3:::${bucket.name}`],
    detail: {
      version: '0',
      bucket: { name: bucket.name },
      ...detail,
      'request-id': request.id,
      requester: ACCOUNT_ID,
      'source-ip-address': request.sourceIp,
    },
  };
}
