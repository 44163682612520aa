import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { MessageStore } from './message-store.ts';
import { SqsError, sqsErrors } from './sqs-error.ts';

/** A standard queue, as in the template. */
export type Queue = {
  name: string;
  arn: string;
  url: string;
  visibilityTimeoutSeconds?: number;
  retentionSeconds?: number;
};

/**
 * The context of an operation. `arrival` resolves when there may be something to receive, and after
 * `ms` at the latest.
 */
type OperationContext = {
  queue: Queue;
  store: MessageStore;
  now(): number;
  arrival(ms: number): Promise<void>;
  /** Resolves all pending `arrival` promises. */
  notifyArrival(): void;
  /** Returns whether the client still waits for the response. */
  isConnected(): boolean;
};

/**
 * Runs one operation of the API, from the body of the request to the body of the response. Throws
 * `SqsError`.
 */
export type Operation = (request: unknown, context: OperationContext) => object | Promise<object>;

const DEFAULT_VISIBILITY_SECONDS = 30;
const DEFAULT_RETENTION_SECONDS = 345_600;

/** The largest message that a queue accepts. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** Parses the request. Throws `SerializationException` with the fields that are not valid. */
export function read<Output>(schema: z.ZodType<Output>, request: unknown): Output {
  const result = schema.safeParse(request);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'The body'}: ${message}`,
  );
  throw new SqsError('SerializationException', problems.join('; '));
}

/**
 * Throws if the request has one of the fields, which belong to FIFO queues or to unsupported
 * features.
 */
export function rejectFields(request: unknown, fields: string[]): void {
  const field = fields.find((name) => Object(request)[name] != null);
  if (field !== undefined) throw sqsErrors.unsupported(`The parameter ${field}`);
}

/** Returns the value. Throws if it is outside the range that SQS allows. */
export function inRange(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw sqsErrors.invalidParameter(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
  );
}

/** Returns the receipt handle. Throws if it is missing or not valid. */
export function receiptOf(receipt: string | null | undefined): string {
  if (!receipt) throw sqsErrors.missingParameter('ReceiptHandle');
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(receipt)) return receipt;
  throw new SqsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${receipt}" is not a valid receipt handle.`,
    { status: 404 },
  );
}

/** Returns how long a received message of the queue is hidden. */
export function visibilityOf({ visibilityTimeoutSeconds }: Queue): number {
  return visibilityTimeoutSeconds ?? DEFAULT_VISIBILITY_SECONDS;
}

/** Returns how long the queue retains a message. */
export function retentionOf({ retentionSeconds }: Queue): number {
  return retentionSeconds ?? DEFAULT_RETENTION_SECONDS;
}

/** Returns the MD5 of a message body, in hex. */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
