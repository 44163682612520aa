import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { ErrorItem } from '../resolver/error-items.ts';
import { MalformedRequestError } from '../resolver/errors.ts';
import { validationErrorItems } from './validation-errors.ts';

/** A document that was read; `validationErrors` is empty for one that can be executed. */
type PreparedDocument = { document: DocumentNode; validationErrors: ErrorItem[] };

/**
 * Reads and validates a document. Throws {@link MalformedRequestError} for a text that is no
 * GraphQL or too long.
 */
export type PrepareDocument = (query: string) => PreparedDocument;

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const MAX_TOKENS = 15_000;

const KEPT_DOCUMENTS = 500;
const MAX_KEPT_CHARACTERS = 20_000;

/** Makes the reader of documents; it keeps the {@link KEPT_DOCUMENTS} that were used last. */
export function createDocumentReader(
  schema: GraphQLSchema,
  { introspection }: { introspection: 'ENABLED' | 'DISABLED' },
): PrepareDocument {
  const rules = introspection === 'DISABLED' ? [...specifiedRules, noIntrospection] : specifiedRules;
  const kept = new Map<string, PreparedDocument>();

  return (query) => {
    const prepared = kept.get(query) ?? prepare(query, schema, rules);
    kept.delete(query);
    if (query.length <= MAX_KEPT_CHARACTERS) kept.set(query, prepared);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_DOCUMENTS && oldest !== undefined) kept.delete(oldest);
    return prepared;
  };
}

/**
 * AppSync treats the fields of introspection as if they were not there; `__typename` is no such
 * field.
 */
const noIntrospection: ValidationRule = (context) => ({
  Field(node) {
    const name = node.name.value;
    if (name !== '__schema' && name !== '__type') return;
    context.reportError(new GraphQLError(`Cannot query field "${name}" on type "Query".`, { nodes: node }));
  },
});

function prepare(query: string, schema: GraphQLSchema, rules: readonly ValidationRule[]): PreparedDocument {
  try {
    const document = parse(query, { maxTokens: MAX_TOKENS });
    const validationErrors = validationErrorItems(validate(schema, document, rules), document, schema);
    return { document, validationErrors };
  } catch (cause) {
    // A RangeError: nested so deep that the recursion of the parser or of a rule runs out of stack.
    const tooLong = cause instanceof Error && cause.message.includes(`${MAX_TOKENS} tokens`);
    throw new MalformedRequestError(
      tooLong ? `The query has more than ${MAX_TOKENS} tokens.` : 'Unable to parse GraphQL query.',
      { cause },
    );
  }
}

/**
 * The operation of a document that a request means.
 *
 * Throws {@link MalformedRequestError} when there are several and no name says which, and for a
 * name that is not there.
 */
export function selectOperation(
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationDefinitionNode {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (operationName) {
    const named = operations.find(({ name }) => name?.value === operationName);
    if (named) return named;
    throw new MalformedRequestError(`Unknown operation named '${operationName}'.`, {
      errorType: 'BadRequestException',
    });
  }
  const [only, ...others] = operations;
  if (only && others.length === 0) return only;
  throw new MalformedRequestError(only ? 'Missing operation name.' : 'Unable to parse GraphQL query.', {
    errorType: only ? 'BadRequestException' : 'MalformedHttpRequestException',
  });
}
