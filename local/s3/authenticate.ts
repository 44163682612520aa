import type { IncomingMessage } from 'node:http';
import type { Principal } from '../iam/credentials.ts';
import { isPresigned, type SignatureVerifier } from '../iam/sigv4.ts';
import { invalidArgument, notSupportedHere, S3Error } from './s3-error.ts';

/**
 * Returns the signer of a request, by its headers or by the query of a presigned URL. Throws S3's
 * error for a signature that is missing, wrong, given twice, or of another kind.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export async function authenticate(
  { method = '', url = '', headers }: IncomingMessage,
  query: URLSearchParams,
  verifier: SignatureVerifier,
): Promise<Principal> {
  const { authorization } = headers;
  const signed = { method, path: url, headers };
  const isVersion2 = query.has('Signature') && query.has('AWSAccessKeyId');
  if (isPresigned(url) || isVersion2) {
    if (authorization !== undefined) {
      throw invalidArgument(
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
        'Authorization',
        authorization,
      );
    }
    if (!isPresigned(url)) throw unsupportedVersion();
    return verifier.verifyPresigned(signed);
  }
  const scheme = authorization?.split(' ', 1)[0] ?? '';
  if (scheme === 'AWS') throw unsupportedVersion();
  if (authorization !== undefined && !scheme.startsWith('AWS4-')) {
    throw invalidArgument('Unsupported Authorization Type', 'Authorization', authorization);
  }
  if (authorization !== undefined && headers['x-amz-date'] === undefined && headers.date !== undefined) {
    throw notSupportedHere('A Date header in place of x-amz-date');
  }
  return verifier.verify({ ...signed, service: 's3', body: 'AS_DECLARED' });
}

/** The error for Signature Version 2, which S3 rejects in regions launched after 2014. */
function unsupportedVersion(): S3Error {
  return new S3Error(
    'InvalidRequest',
    400,
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  );
}
