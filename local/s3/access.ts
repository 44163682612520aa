import { accessDeniedMessage } from '../iam/access-denied.ts';
import type { RequestContext } from '../iam/conditions.ts';
import type { Principal } from '../iam/credentials.ts';
import type { ExplainDenial } from '../iam/iam.ts';
import { noSuchKey, S3Error } from './s3-error.ts';

/**
 * What the signer of a request may do. Each throws 403 `AccessDenied` for what the policies do not
 * allow.
 */
export type Access = {
  toRead(bucketName: string, key: string): void;
  /** Under the request's `If-Match`, it is to be readable too. */
  toWrite(bucketName: string, key: string): void;
  /** Under an ETag, it is to be readable too; `*` asks for none. */
  toDelete(bucketName: string, key: string, ifMatch: string | undefined): void;
  toList(bucketName: string): void;
};

/**
 * Asks the policies for the right that an operation takes. What of a request they may ask for is
 * known for writes and deletes.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export function accessOf(
  principal: Principal,
  headers: Record<string, string>,
  explainDenial: ExplainDenial,
): Access {
  const demand = (action: string, path: string, context?: RequestContext) => {
    const arn = `arn:aws:s3:::${path}`;
    const why = explainDenial(principal.roleArn, action, arn, context);
    if (why === undefined) return;
    throw new S3Error('AccessDenied', 403, accessDeniedMessage(principal, action, `"${arn}"`, why));
  };
  const toRead = (bucketName: string, key: string) => demand('s3:GetObject', `${bucketName}/${key}`);

  return {
    toRead,
    toWrite(bucketName, key) {
      const ifMatch = headers['if-match'];
      demand('s3:PutObject', `${bucketName}/${key}`, {
        's3:if-match': ifMatch,
        's3:if-none-match': headers['if-none-match'],
        's3:ObjectCreationOperation': 'true',
      });
      if (ifMatch !== undefined) toRead(bucketName, key);
    },
    toDelete(bucketName, key, ifMatch) {
      demand('s3:DeleteObject', `${bucketName}/${key}`, { 's3:if-match': ifMatch });
      if (ifMatch !== undefined && ifMatch !== '*') toRead(bucketName, key);
    },
    toList: (bucketName) => demand('s3:ListBucket', bucketName),
  };
}

/**
 * The error for a read of a key that is not there: 404 for who may list the bucket. For others it
 * is 403, as if the key were there and not for them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
 */
export function missingKey({ access }: { access: Access }, bucketName: string, key: string): S3Error {
  access.toList(bucketName);
  return noSuchKey(key);
}
