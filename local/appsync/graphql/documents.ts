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

/** A parsed document; `validationErrors` is empty for one that can be executed. */
type PreparedDocument = { document: DocumentNode; validationErrors: ErrorItem[] };

/**
 * Parses and validates a document. Throws {@link MalformedRequestError} for a text that is not
 * GraphQL, or too long.
 */
export type PrepareDocument = (query: string) => PreparedDocument;

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const MAX_TOKENS = 15_000;

const MAX_CACHED_DOCUMENTS = 500;
const MAX_CACHED_CHARACTERS = 20_000;

/**
 * Creates the reader of documents. It caches the most recently used {@link MAX_CACHED_DOCUMENTS}.
 */
export function createDocumentReader(
  schema: GraphQLSchema,
  { introspection }: { introspection: 'ENABLED' | 'DISABLED' },
): PrepareDocument {
  const rules = introspection === 'DISABLED' ? [...specifiedRules, noIntrospection] : specifiedRules;
  const cached = new Map<string, PreparedDocument>();

  return (query) => {
    const prepared = cached.get(query) ?? prepare(query, schema, rules);
    cached.delete(query);
    if (query.length <= MAX_CACHED_CHARACTERS) cached.set(query, prepared);
    const [oldest] = cached.keys();
    if (cached.size > MAX_CACHED_DOCUMENTS && oldest !== undefined) cached.delete(oldest);
    return prepared;
  };
}

/**
 * AppSync treats introspection fields as unknown fields. `__typename` is not one of them.
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
    // A RangeError: the nesting overflows the stack of the parser or of a rule.
    const tooLong = cause instanceof Error && cause.message.includes(`${MAX_TOKENS} tokens`);
    throw new MalformedRequestError(
      tooLong ? `The query has more than ${MAX_TOKENS} tokens.` : 'Unable to parse GraphQL query.',
      { cause },
    );
  }
}

/**
 * Selects the operation of a request in its document.
 *
 * Throws {@link MalformedRequestError} for several operations without a name, and for an unknown
 * name.
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
