import {
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNullableType,
  isCompositeType,
  isListType,
  locatedError,
  OperationTypeNode,
  responsePathAsArray,
} from 'graphql';
import type { Caller } from '../resolver/callers.ts';
import { type Effects, type Invalidation, noEffects } from '../resolver/effects.ts';
import { type ErrorItem, fieldErrorItem } from '../resolver/error-items.ts';
import { FieldError, FieldValueError } from '../resolver/errors.ts';
import type { FieldAuthorization } from '../resolver/field-authorization.ts';
import { ownMember } from '../resolver/own-member.ts';
import { type RequestContext, resolverContext } from '../resolver/resolver-context.ts';
import { onlySelected } from '../resolver/selection-set.ts';
import type { ResolveField } from './resolvers.ts';

/** A request in progress: its caller, and the side effects of its fields. */
export type Execution = {
  caller: Caller;
  request: RequestContext;
  /** Aborts when AppSync ends the request. */
  deadline: AbortSignal;
  resolverCount: number;
  appendedErrors: ErrorItem[];
  /** The root fields of a mutation that were resolved. */
  mutations: GraphQLResolveInfo[];
  invalidations: Invalidation[];
  filters: Pick<Effects, 'subscriptionFilter' | 'invalidationFilter'>;
};

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const DEFAULT_RESOLVER_COUNT_LIMIT = 10_000;

/** Returns a new execution; `timeoutMs` is AppSync's limit for a whole request. */
export function newExecution(caller: Caller, request: RequestContext, timeoutMs: number): Execution {
  return {
    caller,
    request,
    deadline: AbortSignal.timeout(timeoutMs),
    resolverCount: 0,
    appendedErrors: [],
    mutations: [],
    invalidations: [],
    filters: {},
  };
}

/**
 * Creates the resolver function of all fields of a response. It checks the authorization first,
 * then the limits of the API. Then it calls the field's resolver, or returns the parent's own
 * property if the field has none.
 */
export function createFieldResolution({
  resolvers,
  authorization,
  queryDepthLimit,
  resolverCountLimit,
}: {
  resolvers: ReadonlyMap<string, ResolveField>;
  authorization: FieldAuthorization;
  queryDepthLimit: number;
  resolverCountLimit: number;
}): GraphQLFieldResolver<unknown, Execution> {
  const maxResolvers = resolverCountLimit || DEFAULT_RESOLVER_COUNT_LIMIT;

  return (source, args, execution, info) => {
    authorization.authorize(execution.caller, info.parentType, info.fieldName);
    if (queryDepthLimit > 0 && depthOf(info) > queryDepthLimit) {
      throw new FieldError('Query depth limit reached.', 'QueryDepthLimitReached');
    }
    const isRoot = info.path.prev === undefined;
    if (isRoot && info.operation.operation === OperationTypeNode.MUTATION) execution.mutations.push(info);

    const resolve = resolvers.get(`${info.parentType.name}.${info.fieldName}`);
    if (!resolve) return shaped(ownMember(source, info.fieldName), info.returnType);
    execution.resolverCount += 1;
    if (execution.resolverCount > maxResolvers) {
      throw new FieldError('Resolver invocation limit reached.', 'ResolverExecutionLimitReached');
    }
    return resolveWith(resolve, source, args, execution, info);
  };
}

async function resolveWith(
  resolve: ResolveField,
  source: unknown,
  args: Record<string, unknown>,
  execution: Execution,
  info: GraphQLResolveInfo,
): Promise<unknown> {
  const effects = { ...noEffects(), invalidations: execution.invalidations };
  try {
    if (execution.deadline.aborted) throw timedOut();
    const resolved = resolve({
      context: resolverContext(execution.request, source, args, info),
      callerMode: execution.caller.mode,
      effects,
      signal: execution.deadline,
    });
    return shaped(await beforeDeadline(resolved, execution.deadline), info.returnType);
  } catch (error) {
    throw error instanceof FieldError ? withSelectedData(error, info) : error;
  } finally {
    execution.filters = effects;
    for (const appended of effects.errors) {
      const located = locatedError(appended, info.fieldNodes, responsePathAsArray(info.path));
      execution.appendedErrors.push(fieldErrorItem(withSelectedData(appended, info), located));
    }
  }
}

function beforeDeadline<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(timedOut());
    deadline.addEventListener('abort', expire, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener('abort', expire));
  });
}

function timedOut(): FieldError {
  return new FieldError('Execution timed out.', 'ExecutionTimeout');
}

function withSelectedData(error: FieldError, info: GraphQLResolveInfo): FieldError {
  const { message, errorType, errorInfo, data, cause } = error;
  return new FieldError(message, errorType, { data: onlySelected(data, info), errorInfo, cause });
}

/** Returns the depth of a field, itself included. Positions in lists do not count. */
function depthOf({ path }: GraphQLResolveInfo): number {
  return responsePathAsArray(path).filter((key) => typeof key === 'string').length;
}

/**
 * Returns the value for completion. An error replaces a value that is not a list or an object
 * although its type requires one, so that graphql-js raises it at the right path. Nulls and leaf
 * values are left to their types.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/troubleshooting-and-common-mistakes.html#incorrect-return-types
 */
function shaped(value: unknown, type: GraphQLOutputType): unknown {
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
