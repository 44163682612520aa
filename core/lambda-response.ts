/** Response of a Lambda function: a value, or an error that the caller can act on. */
import type { Context } from 'aws-lambda';
import { CallerError, InternalError } from './errors.ts';

/** A value, or a {@link CallerError}, which `field-errors.resolver.ts` raises in AppSync. */
export type LambdaResponse<Result> =
  | { value: Result }
  | { error: { type: string; message: string; info: Record<string, unknown> } };

/**
 * Runs the work of a Lambda function. A {@link CallerError} becomes a response, so that a caller's
 * mistake is not a failed invocation. Any other error is logged, and the invocation fails with an
 * {@link InternalError} that contains only the request id.
 */
export async function respond<Result>(
  { awsRequestId }: Context,
  work: () => Promise<Result>,
): Promise<LambdaResponse<Result>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof CallerError) {
      return { error: { type: error.name, message: error.message, info: error.info } };
    }
    console.error(error);
    throw new InternalError(awsRequestId);
  }
}
