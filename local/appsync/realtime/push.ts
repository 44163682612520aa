import { isDeepStrictEqual } from 'node:util';
import {
  executeSync,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isLeafType,
  isListType,
} from 'graphql';
import type { Logger } from '../../common/logger.ts';
import { type ErrorItem, executionErrorItem } from '../resolver/error-items.ts';
import type { FieldAuthorization } from '../resolver/field-authorization.ts';
import { passesFilter } from '../resolver/filter.ts';
import { ownMember } from '../resolver/own-member.ts';
import type { Subscription } from './subscribe.ts';

/** The payload of a `data` frame. */
export type PushedData = { data: Record<string, unknown> | null; errors?: ErrorItem[] };

/**
 * Returns whether a mutation's payload reaches a subscription: by the filter of its resolver,
 * otherwise by its arguments, each of which must equal the field of its name.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html#using-subscription-arguments
 */
export function reaches({ filter, args }: Subscription, payload: unknown): boolean {
  if (filter !== undefined) return filter === null || passesFilter(filter, payload);
  return Object.entries(args).every(([name, wanted]) =>
    isDeepStrictEqual(ownMember(payload, name) ?? null, wanted),
  );
}

/** The parts of an API that shape a push. */
export type PushServices = { schema: GraphQLSchema; authorization: FieldAuthorization; logger: Logger };

/**
 * Shapes the payload to the subscriber's selection. A field that the mutation did not select is
 * null, or an error if its type is non-null. A field that the subscriber's mode may not access is
 * an error, too. No resolver runs.
 */
export function shapePush(
  { schema, authorization, logger }: PushServices,
  { caller, document, field, operation, variables }: Subscription,
  payload: unknown,
): PushedData {
  const { data, errors } = executeSync({
    schema,
    document,
    operationName: operation.name?.value ?? null,
    variableValues: variables,
    rootValue: { [field]: payload },
    fieldResolver(source, _args, _context, { parentType, fieldName, returnType }) {
      authorization.authorize(caller, parentType, fieldName);
      return asResolved(ownMember(source, fieldName), returnType);
    },
  });
  return {
    data: data ?? null,
    ...(errors && { errors: errors.map((error) => executionErrorItem(error, schema, logger)) }),
  };
}

/**
 * Converts leaves of the payload from the form of a response, AWSJSON as text, to the form that a
 * resolver returns.
 */
function asResolved(value: unknown, type: GraphQLOutputType): unknown {
  const nullable = getNullableType(type);
  if (value === null || value === undefined) return value;
  if (isListType(nullable) && Array.isArray(value))
    return value.map((item) => asResolved(item, nullable.ofType));
  return isLeafType(nullable) ? nullable.parseValue(value) : value;
}
