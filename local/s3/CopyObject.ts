import { xmlDocument } from '../common/xml.ts';
import { missingKey } from './access.ts';
import type { Bucket } from './bucket.ts';
import { commitObject } from './commit-object.ts';
import type { ObjectRecord } from './object-file.ts';
import type { Upload } from './object-store.ts';
import { ENCRYPTION_HEADER, type Operation } from './operation.ts';
import { failedReadCondition, rejectUnknownWriteCondition } from './preconditions.ts';
import { addressOf, type S3Request } from './request.ts';
import { objectHeadersOf } from './request-headers.ts';
import { invalidArgument, noSuchBucket, notSupportedHere, preconditionFailed, S3Error } from './s3-error.ts';

/**
 * Copies a consistent snapshot of an object, within a bucket or from another one. Headers that are
 * not replaced are copied, too.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export const copyObject: Operation = async (request, bucket, buckets) => {
  const { access, headers } = request;
  const from = sourceOf(request, buckets);
  access.toRead(from.bucket.name, from.key);
  access.toWrite(bucket.name, request.key);
  rejectUnknownWriteCondition(headers);
  const replaces = replacesHeaders(headers['x-amz-metadata-directive']);
  if (!replaces && from.bucket === bucket && from.key === request.key) {
    throw new S3Error(
      'InvalidRequest',
      400,
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const { original, ...taken } = await uploadSource(request, from, bucket);
  await using upload = taken.upload;
  const { checksum, versionId } = original;
  const objectHeaders = replaces ? objectHeadersOf(headers) : original.headers;
  const fields = { headers: objectHeaders, ...(checksum && { checksum }) };
  const record = await commitObject(request, bucket, upload, fields, 'CopyObject');
  return {
    status: 200,
    headers: {
      ...ENCRYPTION_HEADER,
      ...(record.versionId !== undefined && { 'x-amz-version-id': record.versionId }),
      ...(versionId !== undefined && { 'x-amz-copy-source-version-id': versionId }),
    },
    body: xmlDocument([
      'CopyObjectResult',
      [
        ['ETag', `"${record.etag}"`],
        ['LastModified', record.lastModified],
        checksum && [`Checksum${checksum.algorithm}`, checksum.value],
        checksum && ['ChecksumType', 'FULL_OBJECT'],
      ],
    ]),
  };
};

/**
 * Copies the bytes of the source into an upload to the target. Throws if a condition on the source
 * does not hold.
 */
async function uploadSource(
  request: S3Request,
  { bucket, key }: Source,
  target: Bucket,
): Promise<{ upload: Upload; original: ObjectRecord }> {
  const source = await bucket.objects.open(key);
  if (!source) throw missingKey(request, bucket.name, key);
  try {
    const failed = failedReadCondition(request.headers, source.record, 'x-amz-copy-source-');
    if (failed) throw preconditionFailed(`x-amz-copy-source-${failed}`);
    return { upload: await target.objects.upload(source.read()), original: source.record };
  } finally {
    await source.close();
  }
}

type Source = { bucket: Bucket; key: string };

function sourceOf(request: S3Request, buckets: ReadonlyMap<string, Bucket>): Source {
  const header = request.headers['x-amz-copy-source'] ?? '';
  const [path = '', query] = header.split(/\?(.*)/s);
  if (query !== undefined) throw notSupportedHere('Copying an object by versionId');
  const { bucketName, key } = addressOf(path.startsWith('/') ? path : `/${path}`, '', []);
  if (key === '') throw invalidArgument('Invalid copy source object key', 'x-amz-copy-source', header);
  const bucket = buckets.get(bucketName);
  if (!bucket) throw noSuchBucket(bucketName);
  return { bucket, key };
}

function replacesHeaders(directive: string | undefined): boolean {
  if (directive === 'REPLACE') return true;
  if (directive === undefined || directive === 'COPY') return false;
  throw invalidArgument('Unknown metadata directive.', 'x-amz-metadata-directive', directive);
}
