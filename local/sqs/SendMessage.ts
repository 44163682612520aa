import * as z from 'zod';
import { attributeBytes, attributesMd5, checkAttributes, MessageAttribute } from './message-attributes.ts';
import { inRange, MAX_MESSAGE_BYTES, md5, type Operation, read, rejectFields } from './operation.ts';
import { SqsError, sqsErrors } from './sqs-error.ts';

const NOT_ALLOWED = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

const SendMessageRequest = z.object({
  MessageBody: z.string().nullish(),
  DelaySeconds: z.int().nullish(),
  MessageAttributes: z.record(z.string(), MessageAttribute).nullish(),
});

/**
 * Stores a message of at most 1 MiB, including its attributes.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const sendMessage: Operation = (request, { queue, store, notifyArrival }) => {
  const { MessageBody, DelaySeconds, MessageAttributes } = read(SendMessageRequest, request);
  rejectFields(request, ['MessageGroupId', 'MessageDeduplicationId', 'MessageSystemAttributes']);
  const attributes = MessageAttributes ?? {};
  const delaySeconds = inRange('DelaySeconds', DelaySeconds ?? 0, 0, 900);
  if (!MessageBody) throw sqsErrors.missingParameter('MessageBody');
  checkAttributes(attributes);
  if (Buffer.byteLength(MessageBody) + attributeBytes(attributes) > MAX_MESSAGE_BYTES) {
    throw sqsErrors.invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`,
    );
  }
  const [wrong] = NOT_ALLOWED.exec(MessageBody) ?? [];
  if (wrong !== undefined) {
    throw new SqsError(
      'InvalidMessageContents',
      `Invalid binary character '#x${wrong.charCodeAt(0).toString(16).toUpperCase()}' was found in the message body, ` +
        'the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  const messageId = store.add(queue.arn, { body: MessageBody, attributes, delayMs: delaySeconds * 1000 });
  notifyArrival();
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(MessageBody),
    MD5OfMessageAttributes: attributesMd5(attributes),
  };
};
