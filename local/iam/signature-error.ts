import { AwsError } from '../common/aws-error.ts';

/**
 * Thrown when a request is not signed by credentials that the runtime issued. `code`, `status` and
 * the message are those of the service that was called.
 */
export class SignatureError extends AwsError {
  override readonly name = 'SignatureError';
}

/**
 * One error for each way in which a signature can be wrong, in the words of one family of services.
 */
export type SignatureErrors = {
  missing(): SignatureError;
  malformed(problem: string): SignatureError;
  /** `got` is undefined if there is no date. */
  invalidDate(got: string | undefined): SignatureError;
  wrongScope(part: 'region' | 'service' | 'date', got: string, expected: string): SignatureError;
  unknownAccessKey(accessKeyId: string): SignatureError;
  wrongSessionToken(): SignatureError;
  headersNotSigned(names: string[]): SignatureError;
  mismatch(): SignatureError;
  skewed(signedAt: Date, now: Date, allowedMs: number): SignatureError;
};

/**
 * The errors of S3.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
export const s3SignatureErrors: SignatureErrors = {
  missing: () => new SignatureError('AccessDenied', 403, 'Access Denied'),
  malformed: (problem) =>
    new SignatureError(
      'AuthorizationHeaderMalformed',
      400,
      `The authorization header is malformed; ${problem}`,
    ),
  invalidDate: () =>
    new SignatureError('AccessDenied', 403, 'AWS authentication requires a valid Date or x-amz-date header'),
  wrongScope: (part, got, expected) =>
    new SignatureError(
      'AuthorizationHeaderMalformed',
      400,
      `The authorization header is malformed; the ${part} '${got}' is wrong; expecting '${expected}'`,
      part === 'region' ? { Region: expected } : {},
    ),
  unknownAccessKey: (accessKeyId) =>
    new SignatureError(
      'InvalidAccessKeyId',
      403,
      'The AWS Access Key Id you provided does not exist in our records.',
      { AWSAccessKeyId: accessKeyId },
    ),
  wrongSessionToken: () =>
    new SignatureError('InvalidToken', 400, 'The provided token is malformed or otherwise invalid.'),
  headersNotSigned: (names) =>
    new SignatureError(
      'AccessDenied',
      403,
      'There were headers present in the request which were not signed',
      {
        HeadersNotSigned: names.join(', '),
      },
    ),
  mismatch: () =>
    new SignatureError(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ),
  skewed: (signedAt, now, allowedMs) =>
    new SignatureError(
      'RequestTimeTooSkewed',
      403,
      'The difference between the request time and the current time is too large.',
      {
        RequestTime: amzDate(signedAt),
        ServerTime: now.toISOString(),
        MaxAllowedSkewMilliseconds: String(allowedMs),
      },
    ),
};

/**
 * The errors of S3 for a signature in the query. Further ones are created where they are detected.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export const presignedSignatureErrors: SignatureErrors = {
  ...s3SignatureErrors,
  malformed: (problem) => new SignatureError('AuthorizationQueryParametersError', 400, problem),
  invalidDate: () =>
    new SignatureError(
      'AuthorizationQueryParametersError',
      400,
      "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    ),
  wrongScope: (part, got, expected) =>
    new SignatureError(
      'AuthorizationQueryParametersError',
      400,
      `Error parsing the X-Amz-Credential parameter; the ${part} '${got}' is wrong; expecting '${expected}'`,
    ),
};

/**
 * The errors of the services that respond in JSON. AppSync hides all of them behind its own
 * `UnauthorizedException`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export const jsonSignatureErrors: SignatureErrors = {
  missing: () =>
    new SignatureError('MissingAuthenticationTokenException', 400, 'Missing Authentication Token'),
  malformed: (problem) => new SignatureError('IncompleteSignatureException', 400, problem),
  invalidDate: (got) =>
    new SignatureError(
      'IncompleteSignatureException',
      400,
      got === undefined
        ? "Authorization header requires existence of a 'X-Amz-Date' header."
        : `Date must be in ISO-8601 'basic format'. Got '${got}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    ),
  wrongScope: (part, got, expected) =>
    new SignatureError(
      'InvalidSignatureException',
      400,
      `Credential should be scoped to ${part} '${expected}', not '${got}'.`,
    ),
  unknownAccessKey: () =>
    new SignatureError(
      'UnrecognizedClientException',
      400,
      'The security token included in the request is invalid.',
    ),
  wrongSessionToken: () =>
    new SignatureError(
      'UnrecognizedClientException',
      400,
      'The security token included in the request is invalid.',
    ),
  headersNotSigned: (names) =>
    new SignatureError(
      'InvalidSignatureException',
      400,
      `'${names.join("', '")}' must be a 'SignedHeader' in the AWS Authorization.`,
    ),
  mismatch: () =>
    new SignatureError(
      'InvalidSignatureException',
      400,
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ),
  skewed: (signedAt, now, allowedMs) => {
    const minutes = allowedMs / 60_000;
    const late = signedAt < now;
    const limit = amzDate(new Date(now.getTime() + (late ? -allowedMs : allowedMs)));
    const message = late
      ? `Signature expired: ${amzDate(signedAt)} is now earlier than ${limit} (${amzDate(now)} - ${minutes} min.)`
      : `Signature not yet current: ${amzDate(signedAt)} is still later than ${limit} (${amzDate(now)} + ${minutes} min.)`;
    return new SignatureError('InvalidSignatureException', 400, message);
  },
};

function amzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}
