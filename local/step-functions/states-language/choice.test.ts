import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../common/json.ts';
import { chooseNext } from './choice.ts';
import type { ChoiceState } from './state-machine.ts';

/** Whether a rule matches a value at `$.v`. `$.w` is there for the comparisons by path. */
async function matches(
  rule: Record<string, JsonValue>,
  v: JsonValue | undefined,
  w: JsonValue = null,
): Promise<boolean> {
  const state: ChoiceState = { Type: 'Choice', Choices: [{ ...rule, Next: 'yes' }], Default: 'no' };
  const data = { ...(v !== undefined && { v }), w, more: { o: 1 } };
  const scope = { data, context: { State: { Name: 'S' } }, variables: { limit: 2 } };
  return (await chooseNext(state, scope)).next === 'yes';
}

const values: JsonValue[] = [
  null,
  0,
  1.1,
  '',
  'text',
  '2',
  '2023-02-24',
  '2012-10-09T19:00:55Z',
  [],
  [''],
  {},
  { a: 0 },
  true,
  false,
];

/** Recorded from AWS: a value of another type is never equal, less or more. */
describe('a comparison is only true within its type', () => {
  test.each([
    ['StringEquals', 'HelloWorld', []],
    ['StringEquals', '', ['']],
    ['StringLessThan', 'u', ['', 'text', '2', '2023-02-24', '2012-10-09T19:00:55Z']],
    ['StringGreaterThanEquals', 'text', ['text']],
    ['StringMatches', '2*', ['2', '2023-02-24', '2012-10-09T19:00:55Z']],
    ['NumericEquals', 0, [0]],
    ['NumericLessThan', 3, [0, 1.1]],
    ['NumericGreaterThanEquals', 0, [0, 1.1]],
    ['BooleanEquals', false, [false]],
    ['BooleanEquals', true, [true]],
    ['TimestampLessThan', '2030-01-01T00:00:00Z', ['2012-10-09T19:00:55Z']],
    ['TimestampEquals', '2012-10-09T21:00:55.000+02:00', ['2012-10-09T19:00:55Z']],
  ])('%s %j', async (operator, operand, expected) => {
    const found: JsonValue[] = [];
    for (const value of values)
      if (await matches({ Variable: '$.v', [operator]: operand }, value)) found.push(value);
    expect(found).toEqual(expected);
  });
});

describe('tests of a type', () => {
  test.each([
    ['IsNull', [null]],
    ['IsNumeric', [0, 1.1]],
    ['IsString', ['', 'text', '2', '2023-02-24', '2012-10-09T19:00:55Z']],
    ['IsBoolean', [true, false]],
    ['IsTimestamp', ['2012-10-09T19:00:55Z']],
    ['IsPresent', values],
  ])('%s holds for its type, and its opposite for all the others', async (operator, expected) => {
    for (const value of values) {
      const holds = expected.includes(value);
      expect(await matches({ Variable: '$.v', [operator]: true }, value), `${operator} ${value}`).toBe(holds);
      expect(await matches({ Variable: '$.v', [operator]: false }, value), `not ${operator} ${value}`).toBe(
        !holds,
      );
    }
  });

  test('only IsPresent may look at something that is not there', async () => {
    expect(await matches({ Variable: '$.v', IsPresent: true }, undefined)).toBe(false);
    expect(await matches({ Variable: '$.v', IsPresent: false }, undefined)).toBe(true);
    await expect(matches({ Variable: '$.v', IsNull: false }, undefined)).rejects.toMatchObject({
      error: 'States.Runtime',
      reason: "Invalid path '$.v': The choice state's condition path references an invalid value.",
    });
  });
});

test('rules can be joined, and stop at the first part that decides', async () => {
  const isPresent = { Variable: '$.v', IsPresent: true };
  const isOne = { Variable: '$.v', NumericEquals: 1 };
  expect(await matches({ And: [isPresent, isOne] }, undefined)).toBe(false);
  expect(await matches({ And: [isPresent, isOne] }, 1)).toBe(true);
  expect(await matches({ Or: [{ Not: isPresent }, isOne] }, undefined)).toBe(true);
  expect(await matches({ Or: [{ Not: isPresent }, isOne] }, 2)).toBe(false);
  expect(await matches({ Not: { And: [isPresent, { Not: isOne }] } }, 1)).toBe(true);
});

test('values can be compared with each other, with variables and with the context object', async () => {
  expect(await matches({ Variable: '$.v', NumericLessThanPath: '$.w' }, 1, 2)).toBe(true);
  expect(await matches({ Variable: '$.v', StringEqualsPath: '$$.State.Name' }, 'S')).toBe(true);
  expect(await matches({ Variable: '$limit', NumericGreaterThanPath: '$.v' }, 1)).toBe(true);
  expect(await matches({ Variable: '$limit', NumericEquals: 1 }, 1)).toBe(false);
  expect(await matches({ Variable: '$none', IsPresent: false }, 1)).toBe(true);
  expect(await matches({ Variable: '$.more.o', NumericEqualsPath: '$.v' }, 1)).toBe(true);
  await expect(matches({ Variable: '$.v', NumericLessThanPath: '$.none' }, 1)).rejects.toMatchObject({
    reason: "Invalid path '$.none': The choice state's condition path references an invalid value.",
  });
});

test.each([
  ['a*.log', 'a\n/b.log', true],
  ['a*.log', 'ablog', false],
  ['a*', 'ba', false],
  ['[a]{b}!(c)?**', '[a]{b}!(c)?', true],
  ['\\*-*', '*-é😀', true],
  ['\\*-*', 'x-', false],
  ['C:\\\\*', 'C:\\x', true],
  ['é😀 ?', 'é😀 ?', true],
])(
  'StringMatches %j of %j is %s: a star stands for any text, with a backslash for itself',
  async (pattern, text, result) => {
    expect(await matches({ Variable: '$.v', StringMatches: pattern }, text)).toBe(result);
  },
);

test('StringMatches may not look at something that is not there', async () => {
  await expect(matches({ Variable: '$.v', StringMatches: '*' }, undefined)).rejects.toMatchObject({
    error: 'States.Runtime',
  });
});

test('a comment in a rule is not an operator', async () => {
  expect(await matches({ Comment: 'why', Variable: '$.v', NumericEquals: 1 }, 1)).toBe(true);
});
