/**
 * The Lambda side of a field. `field-errors.resolver.ts` is the AppSync side.
 */
import type { Context } from 'aws-lambda';
import { type LambdaResponse, respond } from '../core/lambda-response.ts';
import { type Identity, ownerOf } from './owner.ts';

/** What the AppSync resolver sends to the function. */
export type FieldEvent = {
  arguments: Record<string, unknown>;
  identity: Identity | null;
  /**
   * The selected fields as paths: `steps`, `steps/bytes`. An alias takes the place of a field's
   * name.
   */
  selection?: readonly string[];
};

/**
 * Returns the Lambda handler of a field, which calls `resolve` with the arguments, the caller as
 * owner, and the selection.
 */
export function field<Arguments, Result>(
  resolve: (args: Arguments, owner: string, selection: readonly string[]) => Promise<Result>,
): (event: FieldEvent, lambda: Context) => Promise<LambdaResponse<Result>> {
  return (event, lambda) =>
    respond(lambda, async () => {
      const owner = ownerOf(event.identity);
      return resolve(event.arguments as Arguments, owner, event.selection ?? []);
    });
}
