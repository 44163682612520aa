import { constants } from 'node:buffer';
import { DocumentTooLarge } from './errors.ts';

/**
 * Of the function's memory. Writing a document takes some four times its size beside the value
 * itself: the text while it grows, and its bytes in the S3 client.
 */
const SHARE_OF_MEMORY = 1 / 8;

/**
 * A function that is to see each member of a document before it becomes text. It throws
 * {@link DocumentTooLarge} once the text would take more than an eighth of the function's memory:
 * writing that much would end the function, with an error that says neither where nor why.
 */
export function documentSize(step: string): (key: string, member: unknown) => void {
  const maxBytes = maxDocumentBytes();
  let bytes = 0;
  return (key, member) => {
    // At least: escapes and numbers come on top.
    bytes += key.length + 2;
    if (typeof member === 'string')
      bytes += member.length > maxBytes ? member.length : Buffer.byteLength(member);
    if (bytes > maxBytes) throw new DocumentTooLarge(step, maxBytes);
  };
}

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
function maxDocumentBytes(): number {
  const memoryMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const share = Number.isFinite(memoryMb) ? memoryMb * 1_048_576 * SHARE_OF_MEMORY : Number.POSITIVE_INFINITY;
  return Math.min(share, constants.MAX_STRING_LENGTH);
}
