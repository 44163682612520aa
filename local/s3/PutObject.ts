import { checkedBody } from './body.ts';
import { commitObject } from './commit-object.ts';
import { checksumHeaders, ENCRYPTION_HEADER, identityHeaders, type Operation } from './operation.ts';
import { rejectUnknownWriteCondition } from './preconditions.ts';
import { objectHeadersOf } from './request-headers.ts';

/**
 * Writes an object completely or not at all. Of concurrent writes under `If-None-Match: *` or one
 * ETag, one wins.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export const putObject: Operation = async (request, bucket) => {
  const { access, headers, key } = request;
  access.toWrite(bucket.name, key);
  rejectUnknownWriteCondition(headers);
  const objectHeaders = objectHeadersOf(headers);
  const body = checkedBody(request.body, headers);
  await using upload = await bucket.objects.upload(body.chunks());
  const checksum = body.checksum();

  const fields = { headers: objectHeaders, ...(checksum && { checksum }) };
  const record = await commitObject(request, bucket, upload, fields, 'PutObject');
  return {
    status: 200,
    headers: { ...identityHeaders(record), ...checksumHeaders(record), ...ENCRYPTION_HEADER },
  };
};
