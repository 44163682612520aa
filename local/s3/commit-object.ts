import type { Bucket } from './bucket.ts';
import { objectCreated } from './object-event.ts';
import type { ObjectRecord } from './object-file.ts';
import type { ObjectFields, Upload } from './object-store.ts';
import { checkWriteCondition } from './preconditions.ts';
import type { S3Request } from './request.ts';

/**
 * Commits an upload as the object of the request's key, and emits the event. Throws if the
 * request's condition does not hold. Writes of one key run one after the other, so of those under
 * one condition one wins.
 */
export function commitObject(
  request: S3Request,
  bucket: Bucket,
  upload: Upload,
  fields: Omit<ObjectFields, 'key'>,
  reason: 'PutObject' | 'CopyObject',
): Promise<ObjectRecord> {
  const { key, headers } = request;
  return bucket.objects.exclusively(key, async () => {
    checkWriteCondition(headers, key, bucket.objects.find(key));
    const record = await bucket.objects.commit(upload, { key, ...fields });
    bucket.emit(objectCreated(bucket, record, request, reason));
    return record;
  });
}
