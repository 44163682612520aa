import { type GraphQLError, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import type { Logger } from '../../common/logger.ts';
import { FieldError, FieldValueError } from './errors.ts';

/**
 * One item of `errors` as in AppSync: no `extensions`, and `errorType`, `errorInfo` and `data` only
 * if a resolver or an authorization failed.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/troubleshooting-and-common-mistakes.html
 */
export type ErrorItem = {
  path?: readonly (string | number)[] | null;
  data?: unknown;
  errorType?: string | null;
  errorInfo?: unknown;
  locations?: Location[] | null;
  message: string;
};

/** A location in the text of a request, as in AppSync. */
export type Location = { line: number; column: number; sourceName: null };

const INTERNAL_FAILURE = 'An internal failure occurred while resolving this field.';

/**
 * Returns the item for an error of the execution. An internal error is logged with its cause, and
 * shown as a neutral failure.
 */
export function executionErrorItem(error: GraphQLError, schema: GraphQLSchema, logger: Logger): ErrorItem {
  const path = error.path ?? null;
  const cause = error.originalError;
  if (cause instanceof FieldError) return fieldErrorItem(cause, error);
  if (cause instanceof FieldValueError) {
    return { path, locations: null, message: cause.problem(printPath(path ?? [])) };
  }
  const message = completionMessage(error, schema);
  if (message !== undefined) return { path, locations: null, message };
  logger.error('AppSync: field failed', cause ?? error);
  return fieldErrorItem(new FieldError(INTERNAL_FAILURE, 'InternalFailure'), error);
}

/** Returns the item for an error that a resolver raised or appended at a field. */
export function fieldErrorItem(
  { message, errorType, errorInfo, data }: FieldError,
  at: Pick<GraphQLError, 'path' | 'locations'>,
): ErrorItem {
  return { path: at.path ?? null, data, errorType, errorInfo, locations: locationsOf(at), message };
}

/** Returns the locations of an error in the text of the request. */
export function locationsOf({ locations }: Pick<GraphQLError, 'locations'>): Location[] | null {
  return locations?.map(({ line, column }) => ({ line, column, sourceName: null })) ?? null;
}

/** Prints a path as in AppSync's messages: `/items[2]/name`. */
function printPath(path: readonly (string | number)[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `/${key}`)).join('');
}

/**
 * Returns AppSync's message for an error of graphql-js about a value that a resolver returned;
 * undefined for any other error.
 */
function completionMessage({ message, path }: GraphQLError, schema: GraphQLSchema): string | undefined {
  const at = printPath(path ?? []);
  const [, parentName = '', fieldName = ''] =
    /^Cannot return null for non-nullable field (\w+)\.(\w+)\.$/.exec(message) ?? [];
  const parent = schema.getType(parentName);
  const field = isObjectType(parent) ? parent.getFields()[fieldName] : undefined;
  if (field) {
    const type = getNamedType(field.type).name;
    return `Cannot return null for non-nullable type: '${type}' within parent '${parentName}' (${at})`;
  }
  const [, scalar] = /^(Int|Float|String|Boolean|ID) cannot represent/.exec(message) ?? [];
  if (scalar) return `Can't serialize value (${at}) : Expected a value of type '${scalar}': ${message}`;
  const [, enumName, value] = /^Enum "(\w+)" cannot represent value: (.*)$/s.exec(message) ?? [];
  if (enumName) {
    return `Can't serialize value (${at}) : Invalid input for Enum '${enumName}'. No value found for name '${unquoted(value ?? '')}'`;
  }
  return undefined;
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/s, '$1');
}
