import { Kind, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { buildAppSyncSchema } from './schema.ts';
import { variableErrorItem } from './variables.ts';

const schema = buildAppSyncSchema(`
  enum Color { RED GREEN }
  input Inner { name: String! }
  input Outer { nested: Inner, phone: AWSPhone, color: Color }
  type Query { f(int: Int, float: Float, id: ID): String }
`);

function operation(definitions: string): OperationDefinitionNode {
  const [node] = parse(`query Q(${definitions}) { f }`).definitions;
  if (node?.kind !== Kind.OPERATION_DEFINITION) throw new Error('Expected an operation.');
  return node;
}

test.each<[definitions: string, variables: Record<string, unknown>, message: string]>([
  ['$x: String!', {}, "Variable 'x' has coerced Null value for NonNull type 'String!'"],
  ['$x: String!', { x: null }, "Variable 'x' has coerced Null value for NonNull type 'String!'"],
  ['$in: Outer', { in: { nested: {} } }, "Variable 'in' has coerced Null value for NonNull type 'String!'"],
  ['$in: [Int!]', { in: [1, null] }, "Variable 'in' has coerced Null value for NonNull type 'Int!'"],
  ['$id: ID', { id: ['a'] }, "Variable 'id' has an invalid value. Expected type 'ID' but was 'ArrayList'."],
  ['$s: String', { s: 1 }, "Variable 's' has an invalid value. Expected type 'String' but was 'Integer'."],
  [
    '$s: String',
    { s: {} },
    "Variable 's' has an invalid value. Expected type 'String' but was 'LinkedHashMap'.",
  ],
  ['$n: Int', { n: 1.5 }, "Variable 'n' has an invalid value. Expected type 'Int' but was 'Double'."],
  ['$n: Int', { n: 'x' }, "Variable 'n' has an invalid value. Expected type 'Int' but was 'String'."],
  ['$n: Float', { n: true }, "Variable 'n' has an invalid value. Expected type 'Float' but was 'Boolean'."],
  ['$in: Outer', { in: 'x' }, "Variable 'in' has an invalid value. Expected type 'Outer' but was 'String'."],
  [
    '$in: Outer',
    { in: { phone: '1110004444' } },
    "Variable 'phone' has an invalid value. Unable to parse `1110004444` as a valid phone number.",
  ],
  [
    '$j: AWSJSON',
    { j: { a: 1 } },
    'Variable \'j\' has an invalid value. Unable to parse {"a":1} as valid JSON.',
  ],
  ['$j: AWSJSON', { j: '{' }, "Variable 'j' has an invalid value. Unable to parse { as valid JSON."],
  [
    '$in: Outer',
    { in: { color: 'BLUE' } },
    "Variable 'color' has an invalid value. Invalid input for Enum 'Color'. No value found for name 'BLUE'",
  ],
  [
    '$c: Color',
    { c: 1 },
    "Variable 'c' has an invalid value. Invalid input for Enum 'Color'. No value found for name '1'",
  ],
  [
    '$c: Color',
    { c: { toString: 'a' } },
    "Variable 'c' has an invalid value. Invalid input for Enum 'Color'. No value found for name '{ toString: 'a' }'",
  ],
])('with (%s) the variables %j are rejected', (definitions, variables, message) => {
  expect(variableErrorItem(schema, operation(definitions), variables)).toEqual({
    path: null,
    locations: [{ line: 1, column: 9, sourceName: null }],
    message,
  });
});

test('a variable that nests deeper than the call stack is rejected', () => {
  const c: unknown = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`);
  expect(variableErrorItem(schema, operation('$c: Color'), { c })?.message).toContain(
    "Invalid input for Enum 'Color'",
  );
});

test('a field that the input type has not is rejected without a place', () => {
  expect(variableErrorItem(schema, operation('$in: Outer'), { in: { colour: 'RED' } })).toEqual({
    path: null,
    locations: null,
    message: "The variables input contains a field that is not defined for input object type 'Outer' ",
  });
});

test('variables that fit, are absent where they may be, or are not declared, are accepted', () => {
  const definitions = operation('$a: String, $b: Int! = 1, $in: Outer');
  const variables = { in: { nested: { name: 'n' }, color: 'RED' }, other: 1 };
  expect(variableErrorItem(schema, definitions, variables)).toBeUndefined();
});
