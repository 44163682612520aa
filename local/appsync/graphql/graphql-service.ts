import { type GraphQLFieldResolver, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { Logger } from '../../common/logger.ts';
import type { Caller } from '../resolver/callers.ts';
import type { ErrorItem } from '../resolver/error-items.ts';
import type { RequestContext } from '../resolver/resolver-context.ts';
import { type PrepareDocument, selectOperation } from './documents.ts';
import { type Execution, newExecution } from './field-resolution.ts';
import type { GraphQLRequest } from './graphql-request.ts';
import { executeOperation, type OperationOutcome } from './operation.ts';
import { variableErrorItem } from './variables.ts';

/** The body of a response of status 200. */
export type GraphQLResponse = { data: Record<string, unknown> | null; errors?: ErrorItem[] };

/** Executes a query or mutation. Throws `MalformedRequestError`. */
export type ExecuteRequest = (
  request: GraphQLRequest,
  caller: Caller,
  context: RequestContext,
) => Promise<GraphQLResponse>;

/**
 * Creates the executor of queries and mutations. `onMutation` receives the outcome of a mutation
 * before its response is returned, so that the push precedes the response.
 */
export function createGraphQLService({
  schema,
  prepareDocument,
  resolveField,
  executionTimeoutMs,
  logger,
  onMutation,
}: {
  schema: GraphQLSchema;
  prepareDocument: PrepareDocument;
  resolveField: GraphQLFieldResolver<unknown, Execution>;
  executionTimeoutMs: number;
  logger: Logger;
  onMutation: (outcome: OperationOutcome) => void;
}): ExecuteRequest {
  return async ({ query, operationName, variables }, caller, context) => {
    const { document, validationErrors } = prepareDocument(query);
    if (validationErrors.length > 0) return { data: null, errors: validationErrors };
    const operation = selectOperation(document, operationName);
    if (operation.operation === OperationTypeNode.SUBSCRIPTION)
      return { data: null, errors: [SUBSCRIPTION_ERROR] };
    const variableError = variableErrorItem(schema, operation, variables);
    if (variableError) return { data: null, errors: [variableError] };

    const outcome = await executeOperation(
      { schema, resolveField, logger },
      document,
      operation,
      variables,
      newExecution(caller, context, executionTimeoutMs),
    );
    if (operation.operation === OperationTypeNode.MUTATION) onMutation(outcome);
    return outcome.response;
  };
}

const SUBSCRIPTION_ERROR: ErrorItem = {
  path: null,
  locations: null,
  errorType: 'UnsupportedOperation',
  message: 'Subscriptions are not supported over HTTP. Connect to the real-time endpoint.',
};
