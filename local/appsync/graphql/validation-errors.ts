import {
  type ASTNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  Kind,
  type ValueNode,
} from 'graphql';
import { type ErrorItem, locationsOf } from '../resolver/error-items.ts';
import { type DocumentPlace, placesOf } from './document-places.ts';

/**
 * Maps messages of graphql-js to graphql-java's kind and description. `$1`, `$2`… are the parts in
 * quotation marks.
 */
const TRANSLATIONS: readonly [RegExp, string, string][] = [
  [/^Cannot query field "(.+?)" on type "(.+?)"/, 'FieldUndefined', "Field '$1' in type '$2' is undefined"],
  [/^Unknown type "(.+?)"/, 'UnknownType', 'Unknown type $1'],
  [/^Unknown argument "(.+?)" on field/, 'UnknownArgument', 'Unknown field argument $1'],
  [/^Unknown argument "(.+?)" on directive/, 'UnknownArgument', 'Unknown directive argument $1'],
  [/^Field ".+?" argument "(.+?)" of type/, 'MissingFieldArgument', 'Missing field argument $1'],
  [/^Directive ".+?" argument "(.+?)" of type/, 'MissingDirectiveArgument', 'Missing directive argument $1'],
  [
    /^Field "(.+?)" must not have a selection since type "(.+?)"/,
    'SubSelectionNotAllowed',
    'Sub selection not allowed on leaf type $2 of field $1',
  ],
  [
    /^Field "(.+?)" of type "(.+?)" must have a/,
    'SubSelectionRequired',
    'Sub selection required for type $2 of field $1',
  ],
  [
    /^Variable ".+?" of type "(.+?)" used in position expecting type "(.+?)"/,
    'VariableTypeMismatch',
    "Variable type '$1' doesn't match expected type '$2'",
  ],
  [/^Variable "\$(.+?)" is not defined/, 'UndefinedVariable', 'Undefined variable $1'],
  [/^Variable "\$(.+?)" is never used/, 'UnusedVariable', 'Unused variable $1'],
  [
    /^Variable "\$(.+?)" cannot be non-input type "(.+?)"/,
    'NonInputTypeOnVariable',
    'Wrong type for a variable',
  ],
  [/^Unknown fragment "(.+?)"/, 'UndefinedFragment', 'Undefined fragment $1'],
  [/^Fragment "(.+?)" is never used/, 'UnusedFragment', 'Unused fragment $1'],
  [/^Cannot spread fragment/, 'FragmentCycle', 'Fragment cycles not allowed'],
  [
    /^Fragment cannot condition on non composite/,
    'InlineFragmentTypeConditionInvalid',
    'Inline fragment type condition is invalid, must be on Object/Interface/Union',
  ],
  [
    /^Fragment ".+?" cannot condition on non composite/,
    'FragmentTypeConditionInvalid',
    'Fragment type condition is invalid, must be on Object/Interface/Union',
  ],
  [
    /^Fragment cannot be spread here as objects of type "(.+?)" can never be of type "(.+?)"/,
    'InvalidFragmentType',
    'Fragment cannot be spread here as objects of type $1 can never be of type $2',
  ],
  [
    /^Fragment "(.+?)" cannot be spread here as objects of type "(.+?)" can never be of type "(.+?)"/,
    'InvalidFragmentType',
    'Fragment $1 cannot be spread here as objects of type $2 can never be of type $3',
  ],
  [/^Unknown directive "@(.+?)"/, 'UnknownDirective', 'Unknown directive $1'],
  [/^Directive "@(.+?)" may not be used/, 'MisplacedDirective', 'Directive $1 not allowed here'],
  [
    /^This anonymous operation must be/,
    'LoneAnonymousOperationViolation',
    'Anonymous operation with other operations.',
  ],
  [/^Fields "(.+?)" conflict because (.+?)\. Use different/, 'FieldsConflict', '$1: $2'],
];

/**
 * Returns AppSync's items for the errors of graphql-js in a document, in graphql-java's form
 * `Validation error of type <Kind>: … @ 'path'`. A rule without a counterpart there has its own
 * text after `InvalidSyntax`.
 *
 * @see https://github.com/graphql/graphql-over-http/issues/81
 */
export function validationErrorItems(
  errors: readonly GraphQLError[],
  document: DocumentNode,
  schema: GraphQLSchema,
): ErrorItem[] {
  const places = placesOf(document, schema);
  return errors.map((error) => {
    // For a variable of a wrong type, graphql-js names its definition first, graphql-java its use.
    const index = Math.max(0, error.nodes?.findIndex(({ kind }) => kind === Kind.VARIABLE) ?? 0);
    const node = error.nodes?.[index];
    const place = node && places.get(node);
    const [kind, description] = translate(error, node, place);
    const at = place && place.fields !== '' ? ` @ '${place.fields}'` : '';
    return {
      path: null,
      locations: locationsOf(error)?.slice(index, index + 1) ?? null,
      message: `Validation error of type ${kind}: ${description}${at}`,
    };
  });
}

function translate(
  error: GraphQLError,
  node: ASTNode | undefined,
  place: DocumentPlace | undefined,
): [kind: string, description: string] {
  for (const [pattern, kind, description] of TRANSLATIONS) {
    const parts = pattern.exec(error.message);
    if (parts) return [kind, description.replace(/\$(\d)/g, (_, index) => parts[Number(index)] ?? '')];
  }
  if (node && place) {
    const wrong = wrongValue(error.message, node, place);
    if (wrong !== undefined) return ['WrongType', wrong];
  }
  return ['InvalidSyntax', error.message];
}

/** Returns the item for a literal of a wrong type; undefined for any other error. */
function wrongValue(
  message: string,
  node: ASTNode,
  { argument, within, wanted }: DocumentPlace,
): string | undefined {
  const [, extra, parent] = /^Field "(.+?)" is not defined by type "(.+?)"/.exec(message) ?? [];
  if (within && extra) {
    const parentArgument = argument.replace(/\.[^.]*$/, '');
    return `${subject(parentArgument, within)} contains a field not in '${parent}': '${extra}'`;
  }
  const value = literalOf(node);
  if (value === undefined || wanted === undefined || argument === '') return undefined;
  const [, missing] = /^Field "\w+\.(\w+)" of required type/.exec(message) ?? [];
  if (missing) return `${subject(argument, value)} is missing required fields '[${missing}]'`;
  if (value.kind === Kind.NULL) return `${subject(argument, value)} must not be null`;
  const type = getNamedType(wanted);
  if (isInputObjectType(type)) return `${subject(argument, value)} must be an object type`;
  return `${subject(argument, value)} is not a valid '${type.name}'`;
}

function subject(argument: string, value: ValueNode): string {
  return `argument '${argument}' with value '${literalText(value)}'`;
}

function literalOf(node: ASTNode): ValueNode | undefined {
  switch (node.kind) {
    case Kind.OBJECT_FIELD:
    case Kind.ARGUMENT:
      return node.value;
    case Kind.STRING:
    case Kind.INT:
    case Kind.FLOAT:
    case Kind.BOOLEAN:
    case Kind.ENUM:
    case Kind.NULL:
    case Kind.LIST:
    case Kind.OBJECT:
      return node;
    default:
      return undefined;
  }
}

/**
 * Prints a literal as graphql-java does in validation messages, for example
 * `StringValue{value='x'}`.
 */
function literalText(node: ValueNode): string {
  switch (node.kind) {
    case Kind.STRING:
      return `StringValue{value='${node.value}'}`;
    case Kind.INT:
      return `IntValue{value=${node.value}}`;
    case Kind.FLOAT:
      return `FloatValue{value=${node.value}}`;
    case Kind.BOOLEAN:
      return `BooleanValue{value=${node.value}}`;
    case Kind.ENUM:
      return `EnumValue{name='${node.value}'}`;
    case Kind.NULL:
      return 'NullValue{}';
    case Kind.VARIABLE:
      return `VariableReference{name='${node.name.value}'}`;
    case Kind.LIST:
      return `ArrayValue{values=[${node.values.map(literalText).join(', ')}]}`;
    case Kind.OBJECT: {
      const fields = node.fields.map(
        ({ name, value }) => `ObjectField{name='${name.value}', value=${literalText(value)}}`,
      );
      return `ObjectValue{objectFields=[${fields.join(', ')}]}`;
    }
  }
}
