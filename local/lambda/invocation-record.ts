import type { FunctionError } from '../common/invoke-lambda.ts';

/**
 * An event that its function has failed on for good. `condition`: its retries are used up, or it
 * has become too old for the next.
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
 * What an on-failure destination gets.
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
 * The attributes of a message in a function's dead-letter queue; its body is the event.
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
