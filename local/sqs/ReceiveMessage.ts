import * as z from 'zod';
import { attributesMd5, selectAttributes } from './message-attributes.ts';
import type { ReceivedMessage } from './message-store.ts';
import { inRange, md5, type Operation, read, rejectFields, retentionOf, visibilityOf } from './operation.ts';

const ReceiveMessageRequest = z.object({
  MaxNumberOfMessages: z.int().nullish(),
  VisibilityTimeout: z.int().nullish(),
  WaitTimeSeconds: z.int().nullish(),
  AttributeNames: z.array(z.string()).nullish(),
  MessageSystemAttributeNames: z.array(z.string()).nullish(),
  MessageAttributeNames: z.array(z.string()).nullish(),
});

/**
 * Receives the oldest visible messages. It waits for one as long as the request allows.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
export const receiveMessage: Operation = async (request, context) => {
  const { queue, store, now, arrival, isConnected } = context;
  const asked = read(ReceiveMessageRequest, request);
  rejectFields(request, ['ReceiveRequestAttemptId']);
  const max = inRange('MaxNumberOfMessages', asked.MaxNumberOfMessages ?? 1, 1, 10);
  const visibility = inRange('VisibilityTimeout', asked.VisibilityTimeout ?? visibilityOf(queue), 0, 43_200);
  const options = { max, visibilityMs: visibility * 1000, retentionMs: retentionOf(queue) * 1000 };
  const endsAtMs = now() + inRange('WaitTimeSeconds', asked.WaitTimeSeconds ?? 0, 0, 20) * 1000;

  let messages = store.receive(queue.arn, options);
  while (messages.length === 0 && now() < endsAtMs && isConnected()) {
    const nextAtMs = Math.min(store.nextVisibleAtMs(queue.arn) ?? endsAtMs, endsAtMs);
    await arrival(nextAtMs - now());
    if (isConnected()) messages = store.receive(queue.arn, options);
  }
  if (messages.length === 0) return {};
  const systemNames = [...(asked.AttributeNames ?? []), ...(asked.MessageSystemAttributeNames ?? [])];
  return {
    Messages: messages.map((message) => toMessage(message, systemNames, asked.MessageAttributeNames ?? [])),
  };
};

function toMessage(message: ReceivedMessage, systemNames: string[], names: string[]): object {
  const system = Object.entries({
    SentTimestamp: message.sentAtMs,
    ApproximateFirstReceiveTimestamp: message.firstReceivedAtMs,
    ApproximateReceiveCount: message.receiveCount,
  }).filter(([name]) => systemNames.includes(name) || systemNames.includes('All'));
  const attributes = selectAttributes(message.attributes, names);
  const attributesDigest = attributesMd5(attributes);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receipt,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length > 0 && {
      Attributes: Object.fromEntries(system.map(([name, value]) => [name, String(value)])),
    }),
    ...(attributesDigest !== undefined && {
      MessageAttributes: attributes,
      MD5OfMessageAttributes: attributesDigest,
    }),
  };
}
