/** The Lambda side of a field. `field-errors.resolver.ts` is the AppSync side. */
import type { Context } from 'aws-lambda';
import { type LambdaResponse, respond } from '../core/lambda-response.ts';

/**
 * Identity of the caller; null for an API key.
 * https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html
 */
type Identity = Record<string, unknown>;

/** Payload that the AppSync resolver sends to the function. */
export type FieldEvent = {
  arguments: Record<string, unknown>;
  identity: Identity | null;
  /** Paths of the selected fields: `steps`, `steps/bytes`. An alias replaces a field's name. */
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

/** Returns the caller as an owner of processes. All callers with the API key are one owner. */
function ownerOf(identity: Identity | null): string {
  if (identity === null) return 'api-key';
  throw new Error('Expected a caller with an API key: other caller modes are not supported yet');
}
