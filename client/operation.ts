/**
 * The text of an operation with one field: each argument is a variable of the same name, of the given type.
 *
 * An argument that may be left out is left out of `types` too, because AppSync filters subscriptions by null where its variable has no value.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html
 */
export function operation(
  kind: 'query' | 'mutation' | 'subscription',
  field: string,
  types: Readonly<Record<string, string>>,
  selection: string,
): string {
  const names = Object.keys(types);
  const each = (form: (name: string) => string) => (names.length > 0 ? `(${names.map(form)})` : '');
  const variables = each((name) => `$${name}: ${types[name]}`);
  return `${kind} ${variables} { ${field}${each((name) => `${name}: $${name}`)} ${selection} }`;
}
