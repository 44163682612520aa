import { type GraphQLSchema, isObjectType } from 'graphql';
import type { InvokeLambda } from '../../common/invoke-lambda.ts';
import { invokeAs } from '../../iam/invoke-as.ts';
import type { Caller } from '../resolver/callers.ts';
import { compileResolverCode } from '../resolver/code.ts';
import type { DataSource, Resolver } from '../resolver/configuration.ts';
import type { Effects } from '../resolver/effects.ts';
import { AppSyncConfigurationError, FieldError } from '../resolver/errors.ts';
import { ownMember } from '../resolver/own-member.ts';
import type { ResolverContext } from '../resolver/resolver-context.ts';

/** A field to resolve. `signal` aborts when AppSync would end the request. */
type ResolverCall = {
  context: ResolverContext;
  callerMode: Caller['mode'];
  effects: Effects;
  signal: AbortSignal;
};

/** Resolves the value of one field. Throws {@link FieldError}. */
export type ResolveField = (call: ResolverCall) => Promise<unknown>;

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const MAX_RESULT_BYTES = 5 * 1024 * 1024;

/** The outcome of a request to a data source. */
type DataSourceOutcome = { result: unknown; error?: { message: string; type: string } };
type RequestDataSource = (request: unknown, signal: AbortSignal) => Promise<DataSourceOutcome>;

/**
 * Compiles the resolvers of an API, by `Type.field`.
 *
 * Throws {@link AppSyncConfigurationError} for an unknown field or data source, two resolvers on a
 * field, code that does not compile, and a `NONE` data source without code.
 */
export function createResolvers({
  schema,
  resolvers,
  dataSources,
  environmentVariables,
  invokeLambda,
  isAllowed,
}: {
  schema: GraphQLSchema;
  resolvers: readonly Resolver[];
  dataSources: readonly DataSource[];
  environmentVariables: Record<string, string>;
  invokeLambda: InvokeLambda;
  isAllowed: (roleArn: string, action: string, resource: string) => boolean;
}): ReadonlyMap<string, ResolveField> {
  const byField = new Map<string, ResolveField>();
  for (const resolver of resolvers) {
    const name = `${resolver.typeName}.${resolver.fieldName}`;
    const type = schema.getType(resolver.typeName);
    if (!isObjectType(type) || !type.getFields()[resolver.fieldName]) {
      throw new AppSyncConfigurationError(
        `The schema has no field ${name}, but a resolver is attached to it.`,
      );
    }
    if (byField.has(name)) throw new AppSyncConfigurationError(`${name} has more than one resolver.`);
    const dataSource = dataSources.find((candidate) => candidate.name === resolver.dataSourceName);
    if (!dataSource) {
      throw new AppSyncConfigurationError(
        `The resolver of ${name}: Expected a data source of the API, got ${resolver.dataSourceName}.`,
      );
    }
    const invoke =
      dataSource.type === 'NONE' || dataSource.roleArn === undefined
        ? invokeLambda
        : invokeAs(dataSource.roleArn, invokeLambda, isAllowed);
    byField.set(
      name,
      resolver.code === undefined
        ? directLambda(name, dataSource, invoke)
        : unit(resolver, resolver.code, requestTo(dataSource, invoke), environmentVariables),
    );
  }
  return byField;
}

/** @see https://docs.aws.amazon.com/appsync/latest/devguide/resolver-reference-lambda-js.html */
function directLambda(name: string, dataSource: DataSource, invokeLambda: InvokeLambda): ResolveField {
  if (dataSource.type === 'NONE') {
    throw new AppSyncConfigurationError(
      `The resolver of ${name}: Expected code, because data source ${dataSource.name} is NONE.`,
    );
  }
  return async ({ context, signal }) => {
    const outcome = await invokeLambda(dataSource.functionArn, context, signal);
    if (outcome.ok) return resultOf(outcome.payload);
    const { errorType, errorMessage } = outcome.error;
    const isUnauthorized = errorType === 'UnauthorizedException';
    throw new FieldError(
      isUnauthorized ? 'You are not authorized to make this call.' : errorMessage,
      errorType,
    );
  };
}

/** @see https://docs.aws.amazon.com/appsync/latest/devguide/resolver-reference-js-version.html */
function unit(
  field: Resolver,
  code: string,
  requestData: RequestDataSource,
  env: Record<string, string>,
): ResolveField {
  const run = compileResolverCode(code, field);
  return async ({ context, callerMode, effects, signal }) => {
    const request = run('request', { ...context, env }, callerMode, effects);
    if (request.early) return request.value;
    const { result, error } = await requestData(request.value, signal);
    const responseContext = { ...context, env, stash: request.stash, result, ...(error && { error }) };
    return run('response', responseContext, callerMode, effects).value;
  };
}

function requestTo(dataSource: DataSource, invokeLambda: InvokeLambda): RequestDataSource {
  if (dataSource.type === 'NONE')
    return async (request) => ({ result: ownMember(request, 'payload') ?? null });
  return async (request, signal) => {
    const operation = ownMember(request, 'operation');
    if (
      operation !== 'Invoke' ||
      (ownMember(request, 'invocationType') ?? 'RequestResponse') !== 'RequestResponse'
    ) {
      throw new FieldError(
        `Expected the request to a Lambda data source to be {operation: 'Invoke', payload}, got operation ${JSON.stringify(operation)}. ` +
          'BatchInvoke and asynchronous invocation are not supported by the local runtime.',
        'UnsupportedOperation',
      );
    }
    const outcome = await invokeLambda(dataSource.functionArn, ownMember(request, 'payload') ?? null, signal);
    if (outcome.ok) return { result: resultOf(outcome.payload) };
    const { errorType, errorMessage } = outcome.error;
    // As in recorded responses for an error without a specific name.
    const type = errorType === 'Error' ? 'Lambda:Unhandled' : errorType;
    return { result: null, error: { message: errorMessage, type } };
  };
}

/** Returns the function's result. Throws if it is larger than AppSync allows. */
function resultOf(payload: unknown): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(payload) ?? '');
  if (bytes <= MAX_RESULT_BYTES) return payload ?? null;
  throw new FieldError(
    `The result of the resolver has ${bytes} bytes, more than the limit of ${MAX_RESULT_BYTES} bytes.`,
    'ResponseSizeLimitExceeded',
  );
}
