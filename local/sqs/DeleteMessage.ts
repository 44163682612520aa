import * as z from 'zod';
import { type Operation, read, receiptOf } from './operation.ts';

const DeleteMessageRequest = z.object({ ReceiptHandle: z.string().nullish() });

/**
 * Forgets the message that was received last under the receipt; another receipt deletes nothing and
 * is no error.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
 */
export const deleteMessage: Operation = (request, { queue, store }) => {
  store.remove(queue.arn, receiptOf(read(DeleteMessageRequest, request).ReceiptHandle));
  return {};
};
