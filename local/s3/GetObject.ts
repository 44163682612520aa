import { missingKey } from './access.ts';
import type { ObjectRecord } from './object-file.ts';
import { checksumHeaders, ENCRYPTION_HEADER, identityHeaders, type Operation } from './operation.ts';
import { failedReadCondition } from './preconditions.ts';
import { type ByteRange, rangeOf } from './range.ts';
import type { S3Request, S3Response } from './request.ts';
import { headerValue } from './request-headers.ts';
import { notSupportedHere, preconditionFailed } from './s3-error.ts';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export const getObject: Operation = async (request, bucket) => {
  request.access.toRead(bucket.name, request.key);
  rejectParts(request);
  const object = await bucket.objects.open(request.key);
  if (!object) throw missingKey(request, bucket.name, request.key);
  try {
    const { response, range } = describe(request, object.record);
    if (response.status === 304) {
      await object.close();
      return response;
    }
    return { ...response, body: object.read(range) };
  } catch (error) {
    await object.close();
    throw error;
  }
};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
export const headObject: Operation = async (request, bucket) => {
  request.access.toRead(bucket.name, request.key);
  rejectParts(request);
  const record = bucket.objects.find(request.key);
  if (!record) throw missingKey(request, bucket.name, request.key);
  return describe(request, record).response;
};

function rejectParts({ query }: S3Request): void {
  for (const parameter of ['versionId', 'partNumber']) {
    if (query.has(parameter)) throw notSupportedHere(`Reading an object by ${parameter}`);
  }
}

/** Query parameters that replace a header of the response. */
const OVERRIDES = {
  'response-content-type': 'content-type',
  'response-content-language': 'content-language',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-cache-control': 'cache-control',
  'response-expires': 'expires',
};

function describe(
  { headers, query }: S3Request,
  record: ObjectRecord,
): { response: S3Response; range: ByteRange | undefined } {
  const lastModified = { 'last-modified': new Date(record.lastModified).toUTCString() };
  const failed = failedReadCondition(headers, record);
  if (failed === 'If-None-Match' || failed === 'If-Modified-Since') {
    return {
      response: { status: 304, headers: { ...identityHeaders(record), ...lastModified } },
      range: undefined,
    };
  }
  if (failed) throw preconditionFailed(failed);

  const range = rangeOf(headers.range, record.sizeBytes);
  const { first, last } = range ?? { first: 0, last: record.sizeBytes - 1 };
  const responseHeaders: Record<string, string> = {
    ...record.headers,
    ...identityHeaders(record),
    ...lastModified,
    ...ENCRYPTION_HEADER,
    'accept-ranges': 'bytes',
  };
  // The checksum is that of the whole object. With it, the SDK would treat a part as damaged.
  if (headers['x-amz-checksum-mode'] === 'ENABLED' && !range)
    Object.assign(responseHeaders, checksumHeaders(record));
  if (range) responseHeaders['content-range'] = `bytes ${first}-${last}/${record.sizeBytes}`;
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = query.get(parameter);
    if (value !== null) responseHeaders[header] = headerValue(parameter, value);
  }
  // Must be last: Node treats a content-disposition after it as UTF-8, and rejects "ü".
  responseHeaders['content-length'] = String(last - first + 1);
  return { response: { status: range ? 206 : 200, headers: responseHeaders }, range };
}
