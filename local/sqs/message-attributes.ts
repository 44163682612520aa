import { createHash } from 'node:crypto';
import * as z from 'zod';
import { sqsErrors } from './sqs-error.ts';

/** One attribute of a message. A binary value is base64. */
export const MessageAttribute = z.object({
  DataType: z.string(),
  StringValue: z.string().nullish(),
  BinaryValue: z.base64().nullish(),
});

/** The attributes of a message by name. */
export type MessageAttributes = Record<string, z.infer<typeof MessageAttribute>>;

const MAX_ATTRIBUTES = 10;

/**
 * Throws an `SqsError` for attributes that SQS does not accept.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function checkAttributes(attributes: MessageAttributes): void {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES) {
    throw sqsErrors.invalidParameter(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  }
  for (const [name, attribute] of entries) {
    const type = typeOf(attribute.DataType);
    if (!type) {
      throw sqsErrors.invalidParameter(
        `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
      );
    }
    if (!bytesOf(attribute)) {
      throw sqsErrors.invalidParameter(
        `Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`,
      );
    }
  }
}

/** Returns the attributes' share of the size of a message: names, types and values. */
export function attributeBytes(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce((sum, [name, attribute]) => {
    return sum + Buffer.byteLength(name + attribute.DataType) + (bytesOf(attribute)?.length ?? 0);
  }, 0);
}

/**
 * Returns the MD5 that clients compare with their own; undefined if there are no attributes.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function attributesMd5(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (!attribute) continue;
    add(Buffer.from(name));
    add(Buffer.from(attribute.DataType));
    hash.update(Buffer.from([typeOf(attribute.DataType) === 'Binary' ? 2 : 1]));
    add(bytesOf(attribute) ?? Buffer.alloc(0));
  }
  return hash.digest('hex');
}

/** Returns the attributes that a receiver requests: by name, `prefix.*`, `All` or `.*`. */
export function selectAttributes(attributes: MessageAttributes, wanted: string[]): MessageAttributes {
  const isWanted = (name: string) =>
    wanted.some((want) => {
      if (want === 'All') return true;
      return want.endsWith('.*') ? name.startsWith(want.slice(0, -2)) : name === want;
    });
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)));
}

function typeOf(dataType: string): 'String' | 'Number' | 'Binary' | undefined {
  const [prefix] = dataType.split('.');
  return prefix === 'String' || prefix === 'Number' || prefix === 'Binary' ? prefix : undefined;
}

function bytesOf({ DataType, StringValue, BinaryValue }: z.infer<typeof MessageAttribute>) {
  const value =
    typeOf(DataType) === 'Binary' ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue ?? '');
  return value.length > 0 ? value : undefined;
}
