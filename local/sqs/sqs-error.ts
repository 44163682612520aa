import { AwsError } from '../common/aws-error.ts';

/**
 * Thrown when SQS rejects a request. `code` is the error's name in AWS JSON, `queryCode` the one
 * that older clients know, which the header `x-amzn-query-error` carries.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
export class SqsError extends AwsError {
  override readonly name = 'SqsError';
  readonly queryCode: string;

  constructor(code: string, message: string, { queryCode = code, status = 400 } = {}) {
    super(code, status, message);
    this.queryCode = queryCode;
  }
}

/** The errors of SQS that several operations throw, with AWS's messages. */
export const sqsErrors = {
  queueDoesNotExist: () =>
    new SqsError('QueueDoesNotExist', 'The specified queue does not exist.', {
      queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
    }),
  invalidParameter: (message: string) => new SqsError('InvalidParameterValue', message),
  missingParameter: (name: string) =>
    new SqsError('MissingParameter', `The request must contain the parameter ${name}.`),
  unsupported: (what: string) =>
    new SqsError('UnsupportedOperation', `${what} is not supported by the local runtime.`, {
      queryCode: 'AWS.SimpleQueueService.UnsupportedOperation',
    }),
};
