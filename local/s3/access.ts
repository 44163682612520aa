import { accessDeniedMessage } from '../iam/access-denied.ts';
import type { RequestContext } from '../iam/conditions.ts';
import type { Principal } from '../iam/credentials.ts';
import type { ExplainDenial } from '../iam/iam.ts';
import { noSuchKey, S3Error } from './s3-error.ts';

/**
 * The permissions of a request's signer. Each method throws 403 `AccessDenied` if the policies deny
 * the action.
 */
export type Access = {
  toRead(bucketName: string, key: string): void;
  /** With `If-Match`, the key must be readable, too. */
  toWrite(bucketName: string, key: string): void;
  /** With an ETag other than `*`, the key must be readable, too. */
  toDelete(bucketName: string, key: string, ifMatch: string | undefined): void;
  toList(bucketName: string): void;
};

/**
 * Creates the checks of an operation's permissions. Writes and deletes pass condition values to the
 * policies.
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
  const assertAllowed = (action: string, path: string, context?: RequestContext) => {
    const arn = `arn:aws:s3:::${path}`;
    const why = explainDenial(principal.roleArn, action, arn, context);
    if (why === undefined) return;
    throw new S3Error('AccessDenied', 403, accessDeniedMessage(principal, action, `"${arn}"`, why));
  };
  const toRead = (bucketName: string, key: string) => assertAllowed('s3:GetObject', `${bucketName}/${key}`);

  return {
    toRead,
    toWrite(bucketName, key) {
      const ifMatch = headers['if-match'];
      assertAllowed('s3:PutObject', `${bucketName}/${key}`, {
        's3:if-match': ifMatch,
        's3:if-none-match': headers['if-none-match'],
        's3:ObjectCreationOperation': 'true',
      });
      if (ifMatch !== undefined) toRead(bucketName, key);
    },
    toDelete(bucketName, key, ifMatch) {
      assertAllowed('s3:DeleteObject', `${bucketName}/${key}`, { 's3:if-match': ifMatch });
      if (ifMatch !== undefined && ifMatch !== '*') toRead(bucketName, key);
    },
    toList: (bucketName) => assertAllowed('s3:ListBucket', bucketName),
  };
}

/**
 * Returns the error for a read of a missing key: 404 for callers that may list the bucket. Others
 * get 403, as for an existing key that they may not read.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
 */
export function missingKey({ access }: { access: Access }, bucketName: string, key: string): S3Error {
  access.toList(bucketName);
  return noSuchKey(key);
}
