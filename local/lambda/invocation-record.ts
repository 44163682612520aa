import type { FunctionError } from '../common/invoke-lambda.ts';

/**
 * An event that is not retried any more. `condition`: its retries are exhausted, or it is too old
 * for the next one.
 */
export type FailedEvent = {
  requestId: string;
  functionArn: string;
  payload: unknown;
  condition: 'RetriesExhausted' | 'EventAgeExceeded';
  invokeCount: number;
  error: FunctionError;
};

/**
 * Returns the message to an on-failure destination.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function invocationRecord(
  { requestId, functionArn, payload, condition, invokeCount, error }: FailedEvent,
  timestamp: Date,
): object {
  return {
    version: '1.0',
    timestamp: timestamp.toISOString(),
    requestContext: {
      requestId,
      functionArn: `${functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: invokeCount,
    },
    requestPayload: payload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: error,
  };
}

/**
 * Returns the attributes of a message in a function's dead-letter queue. Its body is the event.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
 */
export function deadLetterAttributes({ requestId, error }: FailedEvent): Record<string, string | number> {
  return {
    RequestID: requestId,
    ErrorCode: 200,
    ErrorMessage: Buffer.from(error.errorMessage).subarray(0, MAX_MESSAGE_BYTES).toString(),
  };
}

const MAX_MESSAGE_BYTES = 1024;
