import { isObject } from '../../common/json.ts';
import { MalformedRequestError } from '../resolver/errors.ts';

/** A request of a client, over HTTP or as the `data` of a subscription. */
export type GraphQLRequest = {
  query: string;
  variables: Record<string, unknown>;
  operationName: string | null;
};

/**
 * Parses a request from JSON text.
 *
 * Throws {@link MalformedRequestError} with AppSync's messages: one for an empty text, another for
 * everything without a query.
 *
 * @see https://github.com/graphql/graphql-over-http/issues/81
 */
export function parseGraphQLRequest(json: string): GraphQLRequest {
  if (json.trim() === '') throw new MalformedRequestError('Request body is empty.');
  return graphQLRequestOf(parseJson(json));
}

/** Parses a request from the query of a URL; `variables` is JSON there. */
export function graphQLRequestOfUrl(url: string): GraphQLRequest {
  const parameters = queryOf(url);
  const variables = parameters.get('variables');
  return graphQLRequestOf({
    query: parameters.get('query'),
    variables: variables ? parseJson(variables) : null,
    operationName: parameters.get('operationName'),
  });
}

/** Returns the parameters of a request's URL, which may be any text after the first `?`. */
export function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.split(/\?(.*)/s)[1] ?? '');
}

function graphQLRequestOf(value: unknown): GraphQLRequest {
  if (!isObject(value)) throw unreadable();
  const { query, variables, operationName } = value;
  if (typeof query !== 'string' || query.trim() === '') throw unreadable();
  if (variables !== undefined && variables !== null && !isObject(variables)) throw unreadable();
  return {
    query,
    variables: variables ?? {},
    operationName: typeof operationName === 'string' && operationName !== '' ? operationName : null,
  };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): MalformedRequestError {
  return new MalformedRequestError('Unable to parse GraphQL query.', { cause });
}
