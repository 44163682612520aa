import type { JsonObject, JsonValue } from '../common/json.ts';
import { ServiceError } from './service-error.ts';

/**
 * The fields of requests, with the API's errors for values that are not valid.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
 */

/** Returns an optional text. */
export function optionalText(
  request: JsonObject,
  field: string,
  maxLength = Number.POSITIVE_INFINITY,
): string | undefined {
  const value = request[field] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw serialization(field, 'String');
  if (value.length > maxLength) {
    throw violation(value, field, `Member must have length less than or equal to ${maxLength}`);
  }
  return value;
}

/** Returns a required text. */
function requiredText(request: JsonObject, field: string): string {
  const value = optionalText(request, field);
  if (value === undefined) throw violation(null, field, 'Member must not be null');
  return value;
}

/** Returns a required ARN. */
export function requiredArn(request: JsonObject, field: string): string {
  const arn = requiredText(request, field);
  if (!arn.startsWith('arn:'))
    throw new ServiceError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  return arn;
}

/** Returns an optional text that must be one of `values`. */
export function oneOf<T extends string>(
  request: JsonObject,
  field: string,
  values: readonly T[],
): T | undefined {
  const value = optionalText(request, field);
  const known = values.find((candidate) => candidate === value);
  if (value === undefined || known !== undefined) return known;
  throw violation(value, field, `Member must satisfy enum value set: [${values.join(', ')}]`);
}

/** Returns the number of results requested: 100 by default and for 0. */
export function pageSize({ maxResults = null }: JsonObject): number {
  if (maxResults === null || maxResults === 0) return 100;
  if (!Number.isInteger(maxResults) || typeof maxResults !== 'number')
    throw serialization('maxResults', 'Integer');
  if (maxResults > 1000)
    throw violation(maxResults, 'maxResults', 'Member must have value less than or equal to 1000');
  if (maxResults < 0)
    throw violation(maxResults, 'maxResults', 'Member must have value greater than or equal to 0');
  return maxResults;
}

/**
 * Returns the numbers in a {@link pageToken} where a page starts; undefined for the first page.
 */
export function pageStart<Name extends string>(
  request: JsonObject,
  names: readonly Name[],
): Record<Name, number> | undefined {
  const token = optionalText(request, 'nextToken', 1024);
  if (token === undefined) return undefined;
  const start = objectOf(Buffer.from(token, 'base64url').toString());
  if (!start || !names.every((name) => Number.isSafeInteger(start[name]))) {
    throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
  return start as Record<Name, number>;
}

function objectOf(json: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the token of the page that starts there. */
export function pageToken(start: Record<string, number>): string {
  return Buffer.from(JSON.stringify(start)).toString('base64url');
}

function violation(value: JsonValue, field: string, constraint: string): ServiceError {
  const shown = value === null ? 'null' : `'${value}'`;
  return new ServiceError(
    'ValidationException',
    `1 validation error detected: Value ${shown} at '${field}' failed to satisfy constraint: ${constraint}`,
  );
}

function serialization(field: string, type: string): ServiceError {
  return new ServiceError('SerializationException', `Expected '${field}' to be of type ${type}`);
}
