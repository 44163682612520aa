import { ALGORITHM_IDENTIFIER } from '@smithy/signature-v4';
import type { SignatureErrors } from './signature-error.ts';

/** The signature that a request claims, not yet verified. */
export type SignatureClaim = {
  accessKeyId: string;
  /** `YYYYMMDD`, from the credential scope. */
  scopeDate: string;
  region: string;
  service: string;
  signedAt: Date;
  /** Lower case. */
  signedHeaders: string[];
  signature: string;
};

/**
 * Reads the headers `authorization` and `x-amz-date`. Throws one of `errors` for a missing or
 * malformed one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html#elements-of-aws-api-request-signature
 */
export function claimOfHeaders(
  authorization: string | undefined,
  amzDate: string | undefined,
  errors: SignatureErrors,
): SignatureClaim {
  if (!authorization) throw errors.missing();
  const [algorithm, parameters = ''] = authorization.split(/ (.*)/s);
  if (algorithm !== ALGORITHM_IDENTIFIER) {
    throw errors.malformed(`expected ${ALGORITHM_IDENTIFIER}, got '${algorithm}'`);
  }
  const byName = new Map(
    parameters.split(',').map((parameter): [string, string] => {
      const [name = '', value = ''] = parameter.trim().split(/=(.*)/s);
      return [name, value];
    }),
  );
  const credential = byName.get('Credential');
  const signedHeaders = byName.get('SignedHeaders');
  const signature = byName.get('Signature');
  if (!credential || !signedHeaders || !signature) {
    throw errors.malformed(
      'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
    );
  }
  const signedAt = parseAmzDate(amzDate);
  if (!signedAt) throw errors.invalidDate(amzDate);
  return {
    ...scopeOf(credential, errors),
    signedAt,
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
  };
}

/** The claim of a presigned URL, and the time that the URL is valid. */
export type PresignedClaim = SignatureClaim & { expiresInSeconds: number };

const SIGNATURE_PARAMETERS = [
  ...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-Date'],
  ...['X-Amz-SignedHeaders', 'X-Amz-Expires', 'X-Amz-Security-Token'],
];
const ONE_WEEK_SECONDS = 7 * 24 * 60 * 60;

/**
 * Reads the query of a presigned URL. Throws one of `errors` for a missing or malformed parameter.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function claimOfQuery(query: URLSearchParams, errors: SignatureErrors): PresignedClaim {
  // The signer uses one of each. Another one would not be covered by the signature.
  const doubled = SIGNATURE_PARAMETERS.find((name) => query.getAll(name).length > 1);
  if (doubled !== undefined) throw errors.malformed(`${doubled} must be given only once`);
  const algorithm = query.get('X-Amz-Algorithm');
  const credential = query.get('X-Amz-Credential');
  const signature = query.get('X-Amz-Signature');
  const date = query.get('X-Amz-Date');
  const signedHeaders = query.get('X-Amz-SignedHeaders');
  const expires = query.get('X-Amz-Expires');
  if (!algorithm || !credential || !signature || !date || !signedHeaders || !expires) {
    throw errors.malformed(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  if (algorithm !== ALGORITHM_IDENTIFIER) {
    throw errors.malformed(`X-Amz-Algorithm only supports "${ALGORITHM_IDENTIFIER}"`);
  }
  const signedAt = parseAmzDate(date);
  if (!signedAt) throw errors.invalidDate(date);
  if (!/^\d+$/.test(expires)) throw errors.malformed('X-Amz-Expires should be a number');
  const expiresInSeconds = Number(expires);
  if (expiresInSeconds > ONE_WEEK_SECONDS) {
    throw errors.malformed(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${ONE_WEEK_SECONDS} seconds`,
    );
  }
  return {
    ...scopeOf(credential, errors),
    signedAt,
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    expiresInSeconds,
  };
}

function scopeOf(
  credential: string,
  errors: SignatureErrors,
): Pick<SignatureClaim, 'accessKeyId' | 'scopeDate' | 'region' | 'service'> {
  const [accessKeyId, scopeDate, region, service, terminator, ...rest] = credential.split('/');
  if (!accessKeyId || !scopeDate || !region || !service || terminator !== 'aws4_request' || rest.length > 0) {
    throw errors.malformed(
      `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request", got "${credential}"`,
    );
  }
  return { accessKeyId, scopeDate, region, service };
}

function parseAmzDate(text: string | undefined): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
