import { constants } from 'node:buffer';
import { DocumentTooLarge } from './errors.ts';

/**
 * Share of the function's memory. Writing a document takes about four times its size in addition to
 * the value: the growing text, and its bytes in the S3 client.
 */
const SHARE_OF_MEMORY = 1 / 8;

/**
 * Returns a function to call with each member of a document before it is serialized.
 *
 * It throws {@link DocumentTooLarge} once the text would take more than an eighth of the function's
 * memory. Writing more would crash the function with an error that names neither place nor reason.
 */
export function documentSize(step: string): (key: string, member: unknown) => void {
  const maxBytes = maxDocumentBytes();
  let bytes = 0;
  return (key, member) => {
    // A lower bound: escapes and numbers are not counted.
    bytes += key.length + 2;
    if (typeof member === 'string')
      bytes += member.length > maxBytes ? member.length : Buffer.byteLength(member);
    if (bytes > maxBytes) throw new DocumentTooLarge(step, maxBytes);
  };
}

/**
 * Derived from the function's memory:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
function maxDocumentBytes(): number {
  const memoryMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const share = Number.isFinite(memoryMb) ? memoryMb * 1_048_576 * SHARE_OF_MEMORY : Number.POSITIVE_INFINITY;
  return Math.min(share, constants.MAX_STRING_LENGTH);
}
