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
 * Whether a mutation's payload reaches a subscription: by the filter that its resolver set, else by
 * its arguments, each of which must equal the field of its name.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html#using-subscription-arguments
 */
export function reaches({ filter, args }: Subscription, payload: unknown): boolean {
  if (filter !== undefined) return filter === null || passesFilter(filter, payload);
  return Object.entries(args).every(([name, wanted]) =>
    isDeepStrictEqual(ownMember(payload, name) ?? null, wanted),
  );
}

/** What shaping a push needs of its API. */
export type PushServices = { schema: GraphQLSchema; authorization: FieldAuthorization; logger: Logger };

/**
 * The payload in the shape of the subscriber's selection. A field that the mutation did not select
 * is null, or an error where its type is non-null; one that the subscriber's mode may not see is an
 * error too. Nothing is resolved.
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
 * Leaves of the payload are in the form of a response, AWSJSON as text; they go back to the form
 * that a resolver would give.
 */
function asResolved(value: unknown, type: GraphQLOutputType): unknown {
  const nullable = getNullableType(type);
  if (value === null || value === undefined) return value;
  if (isListType(nullable) && Array.isArray(value))
    return value.map((item) => asResolved(item, nullable.ofType));
  return isLeafType(nullable) ? nullable.parseValue(value) : value;
}
