import type { Operation } from './operation.ts';

/**
 * Forgets all messages of the queue, those in flight too, at once and as often as it is called.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
 */
export const purgeQueue: Operation = (_, { queue, store }) => {
  store.purge(queue.arn);
  return {};
};
