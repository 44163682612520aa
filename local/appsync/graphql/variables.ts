import { inspect } from 'node:util';
import {
  coerceInputValue,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import type { ErrorItem, Location } from '../resolver/error-items.ts';
import { ownMember } from '../resolver/own-member.ts';
import { ScalarInputError } from './scalars.ts';

/**
 * Returns the item for the first variable whose value is not valid, with AppSync's message;
 * undefined if all are valid.
 *
 * @see https://github.com/aws/aws-appsync-community/issues/406
 */
export function variableErrorItem(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): ErrorItem | undefined {
  for (const definition of operation.variableDefinitions ?? []) {
    const type = typeFromAST(schema, definition.type);
    const value = ownMember(variables, definition.variable.name.value);
    const mayBeAbsent = definition.defaultValue !== undefined || !isNonNullType(type);
    if (!isInputType(type) || (value === undefined && mayBeAbsent)) continue;
    const problem = problemOf(value ?? null, type, definition);
    if (problem) return problem;
  }
  return undefined;
}

function problemOf(
  value: unknown,
  type: GraphQLInputType,
  definition: VariableDefinitionNode,
): ErrorItem | undefined {
  const problems: ErrorItem[] = [];
  const coerced: unknown = coerceInputValue(value, type, (path, invalid, error) => {
    const variable = definition.variable.name.value;
    const innermostName = path.findLast((key) => typeof key === 'string') ?? variable;
    problems.push(
      nullProblem(variable, error, definition) ??
        unknownFieldProblem(error) ?? {
          path: null,
          locations: locationsOf(definition),
          message: `Variable '${innermostName}' has an invalid value. ${reasonOf(invalid, error)}`,
        },
    );
  });
  // The AWSJSON text `null` becomes null.
  if (problems.length === 0 && isNonNullType(type) && coerced === null) {
    return nullItem(definition.variable.name.value, String(type), definition);
  }
  return problems[0];
}

/**
 * It names the variable even if a nested field is null:
 * https://github.com/aws/aws-appsync-community/issues/406
 */
function nullProblem(
  variable: string,
  { message }: GraphQLError,
  definition: VariableDefinitionNode,
): ErrorItem | undefined {
  const [, type] =
    /^Expected non-nullable type "(.+)" not to be null\.$/.exec(message) ??
    /of required type "(.+)" was not provided\.$/.exec(message) ??
    [];
  return type === undefined ? undefined : nullItem(variable, type, definition);
}

function nullItem(variable: string, type: string, definition: VariableDefinitionNode): ErrorItem {
  return {
    path: null,
    locations: locationsOf(definition),
    message: `Variable '${variable}' has coerced Null value for NonNull type '${type}'`,
  };
}

/**
 * It has no location, and a trailing space:
 * https://github.com/aws/aws-appsync-community/issues/273
 */
function unknownFieldProblem({ message }: GraphQLError): ErrorItem | undefined {
  const [, type] = /^Field ".+?" is not defined by type "(.+?)"/.exec(message) ?? [];
  if (type === undefined) return undefined;
  return {
    path: null,
    locations: null,
    message: `The variables input contains a field that is not defined for input object type '${type}' `,
  };
}

function reasonOf(invalid: unknown, { originalError, message }: GraphQLError): string {
  if (originalError instanceof ScalarInputError) return originalError.message;
  const [, enumName] =
    /^Value ".*" does not exist in "(\w+)" enum/s.exec(message) ?? /^Enum "(\w+)" cannot/.exec(message) ?? [];
  if (enumName) return `Invalid input for Enum '${enumName}'. No value found for name '${shown(invalid)}'`;
  const [, expected] =
    /^(\w+) cannot represent/.exec(message) ?? /^Expected type "(.+?)" to be an object/.exec(message) ?? [];
  return expected ? `Expected type '${expected}' but was '${javaTypeOf(invalid)}'.` : message;
}

/**
 * Does not call `toString`: the value may have a member of that name, or very deep lists.
 */
function shown(value: unknown): string {
  return typeof value === 'object' ? inspect(value, { depth: 1, breakLength: Infinity }) : String(value);
}

/** Returns the Java class of a JSON value inside AppSync, which its messages name. */
function javaTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'ArrayList';
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'Integer' : 'Double';
    case 'string':
      return 'String';
    case 'boolean':
      return 'Boolean';
    default:
      return 'LinkedHashMap';
  }
}

function locationsOf({ loc }: VariableDefinitionNode): Location[] | null {
  return loc ? [{ line: loc.startToken.line, column: loc.startToken.column, sourceName: null }] : null;
}
