import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { buildAppSyncSchema } from './schema.ts';
import { validationErrorItems } from './validation-errors.ts';

const schema = buildAppSyncSchema(`
  enum Color { RED GREEN }
  input Point { x: Int!, y: Int, label: String, inner: Point }
  interface Node { id: ID! }
  type Item implements Node { id: ID!, name: String, items(first: Int): [Item] }
  type Other { id: ID! }
  type Query {
    item(id: ID!): Item
    node: Node
    draw(at: Point, color: Color, json: AWSJSON, when: AWSDateTime, many: [Int!]): String
  }
`);

function messages(query: string): string[] {
  const document = parse(query);
  return validationErrorItems(validate(schema, document), document, schema).map(({ message }) =>
    message.replace('Validation error of type ', ''),
  );
}

test.each([
  ['{ item(id: 1) { nam } }', "FieldUndefined: Field 'nam' in type 'Item' is undefined @ 'item/nam'"],
  ['{ item { name } }', "MissingFieldArgument: Missing field argument id @ 'item'"],
  ['{ item(id: 1, ownr: 2) { name } }', "UnknownArgument: Unknown field argument ownr @ 'item'"],
  ['query ($t: Missing) { draw(when: $t) }', 'UnknownType: Unknown type Missing'],
  ['{ item(id: 1) }', "SubSelectionRequired: Sub selection required for type Item of field item @ 'item'"],
  [
    '{ item(id: 1) { name { x } } }',
    "SubSelectionNotAllowed: Sub selection not allowed on leaf type String of field name @ 'item/name'",
  ],
  [
    'query ($id: ID) { item(id: $id) { name } }',
    "VariableTypeMismatch: Variable type 'ID' doesn't match expected type 'ID!' @ 'item'",
  ],
  ['{ item(id: $id) { name } }', "UndefinedVariable: Undefined variable id @ 'item'"],
  ['query ($id: ID) { node { id } }', 'UnusedVariable: Unused variable id'],
  ['{ node { ...F } }', "UndefinedFragment: Undefined fragment F @ 'node'"],
  ['{ node { id } } fragment F on Item { id }', "UnusedFragment: Unused fragment F @ 'F'"],
  [
    '{ node { ...F } } fragment F on Item { items { ...F } }',
    "FragmentCycle: Fragment cycles not allowed @ 'F/items'",
  ],
  [
    '{ node { ... on Other { id } } }',
    "InvalidFragmentType: Fragment cannot be spread here as objects of type Node can never be of type Other @ 'node'",
  ],
  [
    '{ node { ...F } } fragment F on Other { id }',
    "InvalidFragmentType: Fragment F cannot be spread here as objects of type Node can never be of type Other @ 'node'",
  ],
  [
    '{ node { ... on Color { id } } }',
    "InlineFragmentTypeConditionInvalid: Inline fragment type condition is invalid, must be on Object/Interface/Union @ 'node'",
  ],
  [
    '{ node { ...F } } fragment F on Color { id }',
    "FragmentTypeConditionInvalid: Fragment type condition is invalid, must be on Object/Interface/Union @ 'F'",
  ],
  ['query ($o: Item) { item(id: $o) { id } }', 'NonInputTypeOnVariable: Wrong type for a variable'],
  ['{ node { id @show } }', "UnknownDirective: Unknown directive show @ 'node/id'"],
  ['{ node { id @deprecated } }', "MisplacedDirective: Directive deprecated not allowed here @ 'node/id'"],
  ['{ node { id @skip } }', "MissingDirectiveArgument: Missing directive argument if @ 'node/id'"],
  ['{ node { id @skip(if: true, x: 1) } }', "UnknownArgument: Unknown directive argument x @ 'node/id'"],
  [
    '{ node { id } } query Q { node { id } }',
    'LoneAnonymousOperationViolation: Anonymous operation with other operations.',
  ],
  [
    '{ item(id: 1) { a: id a: name } }',
    `FieldsConflict: a: "id" and "name" are different fields @ 'item/id'`,
  ],
  [
    '{ draw(json: {a: 10}) }',
    "WrongType: argument 'json' with value 'ObjectValue{objectFields=[ObjectField{name='a', value=IntValue{value=10}}]}' is not a valid 'AWSJSON' @ 'draw'",
  ],
  [
    '{ draw(color: BLUE) }',
    "WrongType: argument 'color' with value 'EnumValue{name='BLUE'}' is not a valid 'Color' @ 'draw'",
  ],
  [
    '{ draw(when: "yesterday") }',
    "WrongType: argument 'when' with value 'StringValue{value='yesterday'}' is not a valid 'AWSDateTime' @ 'draw'",
  ],
  [
    '{ draw(at: {y: 1}) }',
    "WrongType: argument 'at' with value 'ObjectValue{objectFields=[ObjectField{name='y', value=IntValue{value=1}}]}' is missing required fields '[x]' @ 'draw'",
  ],
  [
    '{ draw(at: {x: 1, inner: {x: "a"}}) }',
    "WrongType: argument 'at.inner.x' with value 'StringValue{value='a'}' is not a valid 'Int' @ 'draw'",
  ],
  ['{ draw(many: [null]) }', "WrongType: argument 'many' with value 'NullValue{}' must not be null @ 'draw'"],
  [
    '{ draw(at: 1.5) }',
    "WrongType: argument 'at' with value 'FloatValue{value=1.5}' must be an object type @ 'draw'",
  ],
  [
    '{ draw(many: [true]) }',
    "WrongType: argument 'many' with value 'BooleanValue{value=true}' is not a valid 'Int' @ 'draw'",
  ],
])('%s gets the message of graphql-java', (query, message) => {
  expect(messages(query)).toContain(message);
});

test('a field of an input that is not there is named with the whole value', () => {
  expect(messages('{ draw(at: {x: 1, z: [$v]}) }')).toContain(
    "WrongType: argument 'at' with value 'ObjectValue{objectFields=[ObjectField{name='x', value=IntValue{value=1}}, ObjectField{name='z', value=ArrayValue{values=[VariableReference{name='v'}]}}]}' contains a field not in 'Point': 'z' @ 'draw'",
  );
});

test('a rule that graphql-java does not have keeps its own message', () => {
  expect(messages('query Q { node { id } } query Q { node { id } }')).toEqual([
    'InvalidSyntax: There can be only one operation named "Q".',
  ]);
});

test('an item has one place, with a source name that is null, and no path', () => {
  const document = parse('{\n  node { nope }\n}');
  expect(validationErrorItems(validate(schema, document), document, schema)).toEqual([
    {
      path: null,
      locations: [{ line: 2, column: 10, sourceName: null }],
      message:
        "Validation error of type FieldUndefined: Field 'nope' in type 'Node' is undefined @ 'node/nope'",
    },
  ]);
});
