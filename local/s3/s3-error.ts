import { AwsError } from '../common/aws-error.ts';

/**
 * Thrown when S3 rejects a request, with code, status and message of S3.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
export class S3Error extends AwsError {
  override readonly name = 'S3Error';
}

/** 404: no object has this key. */
export function noSuchKey(key: string): S3Error {
  return new S3Error('NoSuchKey', 404, 'The specified key does not exist.', { Key: key });
}

/** 404: there is no such bucket. */
export function noSuchBucket(name: string): S3Error {
  return new S3Error('NoSuchBucket', 404, 'The specified bucket does not exist', { BucketName: name });
}

/** 400: a value that S3 does not accept. */
export function invalidArgument(message: string, name: string, value: string): S3Error {
  return new S3Error('InvalidArgument', 400, message, { ArgumentName: name, ArgumentValue: value });
}

/** 412: `condition` is the header in S3's spelling. */
export function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    'PreconditionFailed',
    412,
    'At least one of the pre-conditions you specified did not hold',
    { Condition: condition },
  );
}

/**
 * 501: S3 supports it, the local runtime does not. `what` names it: an operation, a parameter, an
 * algorithm.
 */
export function notSupportedHere(what: string): S3Error {
  return new S3Error('NotImplemented', 501, `${what} is not supported by the local runtime.`);
}

/** 501: neither S3 nor the local runtime supports this header, or this value. */
export function headerNotImplemented(header: string): S3Error {
  return new S3Error(
    'NotImplemented',
    501,
    'A header you provided implies functionality that is not implemented',
    { Header: header },
  );
}
