import { type GraphQLOutputType, getNullableType, isCompositeType, isListType } from 'graphql';
import { FieldValueError } from '../resolver/errors.ts';

/**
 * The value as it can be completed: an error stands in place of what is no list or no object where
 * the type says so, for graphql-js to raise at the right path. Nulls and leaf values are left to
 * their types.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/troubleshooting-and-common-mistakes.html#incorrect-return-types
 */
export function shaped(value: unknown, type: GraphQLOutputType): unknown {
  const expected = getNullableType(type);
  if (value === null || value === undefined) return value;
  if (isListType(expected)) {
    return Array.isArray(value)
      ? value.map((item) => shaped(item, expected.ofType))
      : mismatch('LIST', value);
  }
  if (isCompositeType(expected) && (typeof value !== 'object' || Array.isArray(value))) {
    return mismatch('OBJECT', value);
  }
  return value;
}

function mismatch(expected: 'LIST' | 'OBJECT', value: unknown): FieldValueError {
  const got = Array.isArray(value) ? 'LIST' : (typeof value).toUpperCase();
  return new FieldValueError(
    (path) => `Can't resolve value (${path}) : type mismatch error, expected type ${expected}, got ${got}`,
  );
}
