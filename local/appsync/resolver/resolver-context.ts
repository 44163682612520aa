import type { IncomingHttpHeaders } from 'node:http';
import type { GraphQLResolveInfo } from 'graphql';
import type { Caller } from './callers.ts';
import { selectionSetGraphQL, selectionSetList } from './selection-set.ts';

/** The part of the resolver context that is the same for the whole request. */
export type RequestContext = {
  identity: Record<string, unknown> | null;
  request: { headers: Record<string, string | string[]>; domainName: null };
};

/** Creates the request context. */
export type ContextOf = (
  caller: Caller,
  headers: RequestContext['request']['headers'],
  sourceIp: string[],
) => RequestContext;

/**
 * The context of a resolver. It is also the event of a direct Lambda resolver.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html
 */
export type ResolverContext = RequestContext & {
  arguments: Record<string, unknown>;
  source: unknown;
  prev: null;
  stash: Record<string, unknown>;
  info: {
    fieldName: string;
    parentTypeName: string;
    variables: Record<string, unknown>;
    selectionSetList: string[];
    selectionSetGraphQL: string;
  };
};

/** Returns the context of one field; `source` is null at the root. */
export function resolverContext(
  { identity, request }: RequestContext,
  source: unknown,
  args: Record<string, unknown>,
  info: GraphQLResolveInfo,
): ResolverContext {
  return {
    arguments: args,
    identity,
    source: source ?? null,
    prev: null,
    stash: {},
    request,
    info: {
      fieldName: info.fieldName,
      parentTypeName: info.parentType.name,
      variables: info.variableValues,
      selectionSetList: selectionSetList(info),
      selectionSetGraphQL: selectionSetGraphQL(info),
    },
  };
}

/** Returns the headers that resolvers see: repeated ones as lists, without cookies. */
export function visibleHeaders(
  headers: IncomingHttpHeaders | NodeJS.Dict<string[]>,
): Record<string, string | string[]> {
  const visible: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'cookie') continue;
    const [first, ...rest] = Array.isArray(value) ? value : [value];
    visible[name] = Array.isArray(value) && rest.length > 0 ? value : (first ?? '');
  }
  return visible;
}
