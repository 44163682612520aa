import * as z from 'zod';
import { type Operation, read, receiptOf } from './operation.ts';

const DeleteMessageRequest = z.object({ ReceiptHandle: z.string().nullish() });

/**
 * Deletes the message whose last receive returned the receipt. An older receipt deletes nothing and
 * causes no error.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
 */
export const deleteMessage: Operation = (request, { queue, store }) => {
  store.remove(queue.arn, receiptOf(read(DeleteMessageRequest, request).ReceiptHandle));
  return {};
};
