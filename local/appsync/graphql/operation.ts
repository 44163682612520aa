import { type DocumentNode, execute, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import type { Logger } from '../../common/logger.ts';
import type { Invalidation } from '../resolver/effects.ts';
import { type ErrorItem, executionErrorItem } from '../resolver/error-items.ts';
import { withoutAliases } from '../resolver/selection-set.ts';
import type { createFieldResolution, Execution } from './field-resolution.ts';

/** A successful mutation field; `payload` is its selection, by field names. */
export type MutationSuccess = { mutation: string; payload: unknown };

/** The outcome of a query or mutation. `errors` is absent if there are none. */
export type OperationOutcome = {
  response: { data: Record<string, unknown> | null; errors?: ErrorItem[] };
  successes: MutationSuccess[];
  invalidations: Invalidation[];
};

/**
 * Executes a validated query or mutation with checked variables.
 *
 * A mutation field is successful if the response has a value for it, even with errors inside.
 */
export async function executeOperation(
  {
    schema,
    resolveField,
    logger,
  }: {
    schema: GraphQLSchema;
    resolveField: ReturnType<typeof createFieldResolution>;
    logger: Logger;
  },
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
  execution: Execution,
): Promise<OperationOutcome> {
  const result = await execute({
    schema,
    document,
    operationName: operation.name?.value ?? null,
    variableValues: variables,
    contextValue: execution,
    fieldResolver: resolveField,
  });
  const data = result.data ?? null;
  const errors = [
    ...(result.errors ?? []).map((error) => executionErrorItem(error, schema, logger)),
    ...execution.appendedErrors,
  ];
  return {
    response: { data, ...(errors.length > 0 && { errors }) },
    successes: execution.mutations.flatMap(({ fieldName, fieldNodes, fragments, path }) => {
      const value = data?.[path.key];
      if (value === undefined || value === null) return [];
      return { mutation: fieldName, payload: withoutAliases(value, fieldNodes, fragments) };
    }),
    invalidations: execution.invalidations,
  };
}
