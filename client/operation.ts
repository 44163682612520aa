/** A GraphQL operation, as sent over HTTP and over the WebSocket. */
export type Operation = { query: string; variables: Record<string, unknown> };

/** Arguments of a field by name, with their GraphQL types. */
export type Arguments = Readonly<Record<string, readonly [type: string, value: unknown]>>;

/**
 * Creates an operation with one field, whose arguments are variables with the same names.
 *
 * Omit an argument of a subscription that has no value: AppSync would filter by null.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html
 */
export function operation(
  kind: 'query' | 'mutation' | 'subscription',
  field: string,
  args: Arguments,
  selection: string,
): Operation {
  const each = Object.entries(args);
  const list = (items: string[]) => (items.length > 0 ? `(${items})` : '');
  const declared = list(each.map(([name, [type]]) => `$${name}: ${type}`));
  const passed = list(each.map(([name]) => `${name}: $${name}`));
  return {
    query: `${kind} ${declared} { ${field}${passed} ${selection} }`,
    variables: Object.fromEntries(each.map(([name, [, value]]) => [name, value])),
  };
}
