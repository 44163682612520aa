/**
 * What AppSync says of the caller; null for an API key.
 * https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html
 */
export type Identity = Record<string, unknown>;

/** The owner of whatever the caller starts. All callers with the API key are one. */
export function ownerOf(identity: Identity | null): string {
  if (identity === null) return 'api-key';
  throw new Error(
    'Expected a caller with the API key, got another identity: other caller modes are not supported yet',
  );
}
