import * as z from 'zod';
import { MAX_MESSAGE_BYTES, type Operation, read, retentionOf, visibilityOf } from './operation.ts';
import { SqsError } from './sqs-error.ts';

const GetQueueAttributesRequest = z.object({ AttributeNames: z.array(z.string()).nullish() });

/**
 * Returns the number of messages and the settings of the queue. The counts are exact.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
export const getQueueAttributes: Operation = (request, { queue, store }) => {
  const names = read(GetQueueAttributesRequest, request).AttributeNames ?? [];
  const { visible, inFlight, delayed } = store.count(queue.arn);
  const attributes: Record<string, string | number> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: visible,
    ApproximateNumberOfMessagesNotVisible: inFlight,
    ApproximateNumberOfMessagesDelayed: delayed,
    VisibilityTimeout: visibilityOf(queue),
    MessageRetentionPeriod: retentionOf(queue),
    MaximumMessageSize: MAX_MESSAGE_BYTES,
    DelaySeconds: 0,
    ReceiveMessageWaitTimeSeconds: 0,
  };
  const unknown = names.find((name) => name !== 'All' && !Object.hasOwn(attributes, name));
  if (unknown !== undefined) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const wanted = Object.entries(attributes).filter(([name]) => names.includes('All') || names.includes(name));
  if (wanted.length === 0) return {};
  return { Attributes: Object.fromEntries(wanted.map(([name, value]) => [name, String(value)])) };
};
