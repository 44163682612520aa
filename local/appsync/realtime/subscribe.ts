import {
  type DocumentNode,
  execute,
  type FieldNode,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Logger } from '../../common/logger.ts';
import { type PrepareDocument, selectOperation } from '../graphql/documents.ts';
import { type Execution, newExecution } from '../graphql/field-resolution.ts';
import { parseGraphQLRequest } from '../graphql/graphql-request.ts';
import { variableErrorItem } from '../graphql/variables.ts';
import type { Authenticate, Caller } from '../resolver/callers.ts';
import { type ErrorItem, executionErrorItem } from '../resolver/error-items.ts';
import { MalformedRequestError, UnauthorizedError } from '../resolver/errors.ts';
import type { SubscriptionFilter } from '../resolver/filter.ts';
import type { ContextOf, RequestContext } from '../resolver/resolver-context.ts';
import { type ClientFrame, type FrameError, UNSUPPORTED } from './frames.ts';

/** A granted subscription: its selection, and the pushes that reach it. */
export type Subscription = {
  field: string;
  caller: Caller;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
  /**
   * They filter only if the resolver has set no filter. An argument bound to a missing variable is
   * null.
   */
  args: Record<string, unknown>;
  /** Undefined: the arguments filter. Null: no filter. */
  filter: SubscriptionFilter | null | undefined;
  invalidationFilter: SubscriptionFilter | null | undefined;
};

/** Thrown when a subscription is rejected. `errors` are sent to its client. */
export class SubscribeError extends Error {
  override readonly name = 'SubscribeError';
  readonly errors: FrameError[];

  constructor(errors: FrameError[], options?: ErrorOptions) {
    super(errors[0]?.message ?? 'The subscription was rejected.', options);
    this.errors = errors;
  }
}

/** Checks and grants a `start`. Throws {@link SubscribeError}. */
export type Subscribe = (
  start: Extract<ClientFrame, { type: 'start' }>,
  connection: {
    headers: RequestContext['request']['headers'];
    sourceIp: string[];
    authenticate: Authenticate;
  },
) => Promise<Subscription>;

/**
 * Creates the function that grants subscriptions. It checks the credentials of the `start` (their
 * mode may differ from the connection's), the document, the variables, the permissions on the
 * field, and last runs the field's resolver, once. The resolver's result is ignored.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html
 */
export function createSubscribe({
  schema,
  prepareDocument,
  resolveField,
  contextOf,
  executionTimeoutMs,
  logger,
}: {
  schema: GraphQLSchema;
  prepareDocument: PrepareDocument;
  resolveField: GraphQLFieldResolver<unknown, Execution>;
  contextOf: ContextOf;
  executionTimeoutMs: number;
  logger: Logger;
}): Subscribe {
  return async ({ data, authorization }, { headers, sourceIp, authenticate }) => {
    const caller = await authenticate({
      method: 'POST',
      path: '/graphql',
      headers: authorization,
      body: Buffer.from(data),
    }).catch(reject);
    const { document, operation, variables } = readSubscription(data, prepareDocument, schema);
    const execution = newExecution(
      caller,
      contextOf(caller, { ...headers, ...authorization }, sourceIp),
      executionTimeoutMs,
    );
    const root = await resolveRoot(schema, document, operation, variables, execution, resolveField);
    const errors = [
      ...execution.appendedErrors,
      ...(root.error ? [executionErrorItem(root.error, schema, logger)] : []),
    ];
    if (errors.length > 0) {
      throw new SubscribeError(
        errors.map(({ errorType, errorInfo, message }) => ({
          message,
          ...(errorType && { errorType }),
          ...(errorInfo !== null && errorInfo !== undefined && { errorInfo }),
        })),
      );
    }
    return {
      field: root.info.fieldName,
      caller,
      document,
      operation,
      variables,
      args: withNullForAbsentVariables(root.args, root.info),
      filter: execution.filters.subscriptionFilter,
      invalidationFilter: execution.filters.invalidationFilter,
    };
  };
}

function readSubscription(data: string, prepareDocument: PrepareDocument, schema: GraphQLSchema) {
  try {
    const { query, variables, operationName } = parseGraphQLRequest(data);
    const { document, validationErrors } = prepareDocument(query);
    if (validationErrors.length > 0) throw new SubscribeError(validationErrors.map(messageOnly));
    const operation = selectOperation(document, operationName);
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) throw new SubscribeError([UNSUPPORTED]);
    const variableError = variableErrorItem(schema, operation, variables);
    if (variableError) throw new SubscribeError([messageOnly(variableError)]);
    return { document, operation, variables };
  } catch (error) {
    return reject(error);
  }
}

type ResolvedRoot = { args: Record<string, unknown>; info: GraphQLResolveInfo; error?: GraphQLError };

/**
 * Runs the resolver of the only root field in an execution, so that it has arguments and info as
 * any other. The result is ignored.
 */
async function resolveRoot(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
  execution: Execution,
  resolveField: GraphQLFieldResolver<unknown, Execution>,
): Promise<ResolvedRoot> {
  const roots: ResolvedRoot[] = [];
  await execute({
    schema,
    document,
    operationName: operation.name?.value ?? null,
    variableValues: variables,
    contextValue: execution,
    async fieldResolver(source, args, context, info) {
      try {
        await resolveField(source, args, context, info);
        roots.push({ args, info });
      } catch (thrown) {
        roots.push({ args, info, error: locatedError(thrown, info.fieldNodes, [info.path.key]) });
      }
      return null;
    },
  });
  const [root] = roots;
  if (root) return root;
  throw new SubscribeError([
    { errorType: 'BadRequestException', message: 'The subscription selects no field.' },
  ]);
}

function withNullForAbsentVariables(
  args: Record<string, unknown>,
  {
    fieldNodes,
    variableValues,
  }: { fieldNodes: readonly FieldNode[]; variableValues: Record<string, unknown> },
): Record<string, unknown> {
  const absent = (fieldNodes[0]?.arguments ?? []).filter(
    ({ value }) => value.kind === Kind.VARIABLE && !Object.hasOwn(variableValues, value.name.value),
  );
  return { ...Object.fromEntries(absent.map(({ name }) => [name.value, null])), ...args };
}

function messageOnly({ message }: ErrorItem): FrameError {
  return { message };
}

function reject(error: unknown): never {
  if (error instanceof UnauthorizedError) {
    throw new SubscribeError([{ errorType: error.errorType, message: 'Permission denied' }], {
      cause: error,
    });
  }
  if (error instanceof MalformedRequestError) {
    throw new SubscribeError([{ errorType: error.errorType, message: error.message }], { cause: error });
  }
  throw error;
}
