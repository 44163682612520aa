/**
 * The Lambda side of a field. `field-errors.resolver.ts` is the AppSync side.
 */
import type { Context } from 'aws-lambda';
import { CallerError, InternalError } from '../core/errors.ts';
import { type Identity, ownerOf } from './owner.ts';

/** What the AppSync resolver sends to the function. */
export type FieldEvent = {
  arguments: Record<string, unknown>;
  identity: Identity | null;
  /** The selected fields as paths: `steps`, `steps/bytes`. An alias takes the place of a field's name. */
  selection?: readonly string[];
};

/** What the function answers: a value, or an error for the caller that the resolver raises. */
export type FieldAnswer<Result> =
  | { value: Result }
  | { error: { type: string; message: string; info: Record<string, unknown> } };

/**
 * The Lambda handler of a field. A {@link CallerError} is an answer, not a failed invocation. Anything else is logged whole, and the
 * invocation fails with an {@link InternalError} that tells the caller the request id and nothing else.
 */
export function field<Arguments, Result>(
  resolve: (args: Arguments, owner: string, selection: readonly string[]) => Promise<Result>,
): (event: FieldEvent, lambda: Context) => Promise<FieldAnswer<Result>> {
  return (event, lambda) =>
    answer(lambda, async () => {
      const owner = ownerOf(event.identity);
      return resolve(event.arguments as Arguments, owner, event.selection ?? []);
    });
}

/** The answer of a function whose caller is to see a {@link CallerError} and nothing of any other error. */
export async function answer<Result>(
  { awsRequestId }: Context,
  work: () => Promise<Result>,
): Promise<FieldAnswer<Result>> {
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
