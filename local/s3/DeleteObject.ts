import type { Bucket } from './bucket.ts';
import { objectDeleted } from './object-event.ts';
import type { Deletion } from './object-store.ts';
import type { Operation } from './operation.ts';
import { checkIfMatch } from './preconditions.ts';
import type { S3Request } from './request.ts';
import { notSupportedHere } from './s3-error.ts';

/**
 * Deletes an object. A key without one gets the same response. In a versioned bucket the response
 * is that of a new delete marker.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export const deleteObject: Operation = async (request, bucket) => {
  if (request.query.has('versionId')) throw notSupportedHere('Deleting an object by versionId');
  const { versionId } = await deleteKey(request, bucket, request.key, request.headers['if-match']);
  const marker = versionId !== undefined && { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId };
  return { status: 204, headers: { ...marker } };
};

/**
 * Deletes the object of one key under its condition, and emits the event. Rejects if the signer may
 * not delete it.
 */
export async function deleteKey(
  request: S3Request,
  bucket: Bucket,
  key: string,
  ifMatch: string | undefined,
): Promise<Deletion> {
  request.access.toDelete(bucket.name, key, ifMatch);
  return bucket.objects.exclusively(key, async () => {
    const current = bucket.objects.find(key);
    checkIfMatch(ifMatch, key, current);
    const deletion = await bucket.objects.remove(key);
    // Without an object nothing is deleted, but a versioned bucket gets a marker in any case.
    if (current || bucket.versioned) bucket.emit(objectDeleted(bucket, deletion, request));
    return deletion;
  });
}
