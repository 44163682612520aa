import type { JsonObject, JsonValue } from '../common/json.ts';
import { ServiceError } from './service-error.ts';

/**
 * The fields of requests, with the refusals of the API for what does not fit.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
 */

/** A text that may be missing. */
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

/** A text that must be there. */
function requiredText(request: JsonObject, field: string): string {
  const value = optionalText(request, field);
  if (value === undefined) throw violation(null, field, 'Member must not be null');
  return value;
}

/** An ARN that must be there. */
export function requiredArn(request: JsonObject, field: string): string {
  const arn = requiredText(request, field);
  if (!arn.startsWith('arn:'))
    throw new ServiceError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  return arn;
}

/** A text that is one of `values`, if it is there. */
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

/** How many results are wanted: 100 where the request says nothing or 0. */
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
 * The numbers with which {@link pageToken} says where a page starts; undefined for the first page.
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

/** The token of the page that starts there. */
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
