import type { Operation } from './operation.ts';

/**
 * Deletes all messages of the queue, including those in flight. It works at once, and as often as
 * it is called.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
 */
export const purgeQueue: Operation = (_, { queue, store }) => {
  store.purge(queue.arn);
  return {};
};
