import * as z from 'zod';
import { inRange, type Operation, read, receiptOf } from './operation.ts';
import { SqsError, sqsErrors } from './sqs-error.ts';

const ChangeMessageVisibilityRequest = z.object({
  ReceiptHandle: z.string().nullish(),
  VisibilityTimeout: z.int().nullish(),
});

/**
 * Hides a message in flight for a new time from now on; 0 makes it visible at once.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
export const changeMessageVisibility: Operation = (request, { queue, store, notifyArrival }) => {
  const { ReceiptHandle, VisibilityTimeout } = read(ChangeMessageVisibilityRequest, request);
  const receipt = receiptOf(ReceiptHandle);
  if (VisibilityTimeout == null) throw sqsErrors.missingParameter('VisibilityTimeout');
  const seconds = inRange('VisibilityTimeout', VisibilityTimeout, 0, 43_200);
  if (!store.hide(queue.arn, receipt, seconds * 1000)) {
    throw new SqsError(
      'MessageNotInflight',
      `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      { queryCode: 'AWS.SimpleQueueService.MessageNotInflight' },
    );
  }
  notifyArrival();
  return {};
};
