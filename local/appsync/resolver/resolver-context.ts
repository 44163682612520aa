import type { IncomingHttpHeaders } from 'node:http';
import type { GraphQLResolveInfo } from 'graphql';
import type { Caller } from './callers.ts';
import { selectionSetGraphQL, selectionSetList } from './selection-set.ts';

/** What resolvers are told about the request as a whole. */
export type RequestContext = {
  identity: Record<string, unknown> | null;
  request: { headers: Record<string, string | string[]>; domainName: null };
};

/** Puts the request context together. */
export type ContextOf = (
  caller: Caller,
  headers: RequestContext['request']['headers'],
  sourceIp: string[],
) => RequestContext;

/**
 * What a resolver is told; it is also the event of a direct Lambda resolver.
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

/** The context of one field; `source` is null at the root. */
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

/** Request headers as resolvers see them: a repeated one as a list, and never cookies. */
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
