import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldError } from './errors.ts';
import { parseSubscriptionFilter, passesFilter } from './filter.ts';

type Condition = [fieldName: string, operator: string, value: unknown];

function filterOf(...groups: Condition[][]) {
  return {
    filterGroup: groups.map((conditions) => ({
      filters: conditions.map(([fieldName, operator, value]) => ({ fieldName, operator, value })),
    })),
  };
}

function passes(payload: unknown, ...groups: Condition[][]): boolean {
  const filter = parseSubscriptionFilter(filterOf(...groups));
  if (!filter) throw new Error('Expected a filter.');
  return passesFilter(filter, payload);
}

const payload = {
  n: 5,
  s: 'hello',
  yes: true,
  list: ['a', 'b'],
  none: null,
  deep: { in: { it: 1 } },
  rows: [{ x: 1 }],
};

test.each<[...Condition, boolean]>([
  ['n', 'eq', 5, true],
  ['n', 'eq', '5', false],
  ['yes', 'eq', true, true],
  ['yes', 'ne', true, false],
  ['s', 'ne', 'other', true],
  ['n', 'lt', 5, false],
  ['n', 'le', 5, true],
  ['n', 'gt', 4, true],
  ['n', 'ge', 6, false],
  ['s', 'gt', 'hallo', true],
  ['s', 'lt', 9, false],
  ['s', 'contains', 'ell', true],
  ['s', 'contains', 'ELL', false],
  ['list', 'contains', 'b', true],
  ['list', 'notContains', 'b', false],
  ['list', 'notContains', 'c', true],
  ['s', 'beginsWith', 'he', true],
  ['n', 'beginsWith', '5', false],
  ['s', 'in', ['x', 'hello'], true],
  ['s', 'notIn', ['x', 'hello'], false],
  ['s', 'notIn', ['x'], true],
  ['n', 'between', [5, 6], true],
  ['n', 'between', [6, 7], false],
  ['s', 'between', ['a', 'z'], true],
  ['list', 'containsAny', ['z', 'a'], true],
  ['list', 'containsAny', ['z'], false],
  ['deep.in.it', 'eq', 1, true],
  ['deep.no.it', 'eq', 1, false],
  ['rows.x', 'eq', 1, false],
])('%s %s %j is %s', (fieldName, operator, value, expected) => {
  expect(passes(payload, [[fieldName, operator, value]])).toBe(expected);
});

test('an absent field and a null one pass only ne, notIn and notContains', () => {
  for (const field of ['none', 'missing']) {
    const passing = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains', 'notContains', 'beginsWith'].filter(
      (operator) => passes(payload, [[field, operator, 'x']]),
    );
    const ofLists = ['in', 'notIn', 'between', 'containsAny'].filter((operator) =>
      passes(payload, [[field, operator, ['x', 'y']]]),
    );
    expect([...passing, ...ofLists]).toEqual(['ne', 'notContains', 'notIn']);
  }
});

test('a filter passes when all conditions of any one group hold', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }),
      (groups) => {
        const conditions = groups.map((group) => group.map((holds): Condition => ['n', 'eq', holds ? 5 : 6]));
        expect(passes(payload, ...conditions)).toBe(groups.some((group) => group.every(Boolean)));
      },
    ),
  );
});

test('each operator and its opposite never agree', () => {
  const values = fc.oneof(fc.string(), fc.integer(), fc.constant(undefined));
  fc.assert(
    fc.property(values, fc.oneof(fc.string(), fc.integer()), (actual, value) => {
      const actually = { field: actual };
      expect(passes(actually, [['field', 'eq', value]])).not.toBe(passes(actually, [['field', 'ne', value]]));
      expect(passes(actually, [['field', 'in', [value]]])).not.toBe(
        passes(actually, [['field', 'notIn', [value]]]),
      );
      expect(passes(actually, [['field', 'contains', value]])).not.toBe(
        passes(actually, [['field', 'notContains', value]]),
      );
    }),
  );
});

test('null, nothing and a filter without groups are no filter', () => {
  expect([null, undefined, { filterGroup: [] }].map(parseSubscriptionFilter)).toEqual([null, null, null]);
});

test.each<[problem: string, filter: unknown]>([
  ['Expected {filterGroup', { filters: [] }],
  ['Expected {filterGroup', filterOf([])],
  ['Expected {filterGroup', { filterGroup: [{ filters: [{ fieldName: 'a', operator: 'eq' }] }] }],
  ['operator `like` is unknown', filterOf([['a', 'like', 'x']])],
  ['operator `toString` is unknown', filterOf([['a', 'toString', 'x']])],
  ['operator `eq` does not accept {}', filterOf([['a', 'eq', {}]])],
  ['operator `lt` does not accept true', filterOf([['a', 'lt', true]])],
  ['operator `in` does not accept []', filterOf([['a', 'in', []]])],
  ['operator `between` does not accept [1]', filterOf([['a', 'between', [1]]])],
  ['operator `in` exceeds maximum value limit 5', filterOf([['a', 'in', [1, 2, 3, 4, 5, 6]]])],
  [
    'operator `containsAny` exceeds maximum value limit 20',
    filterOf([['a', 'containsAny', Array.from({ length: 21 }, (_, i) => i)]]),
  ],
  ['exceeds 5 levels', filterOf([['a.b.c.d.e.f', 'eq', 1]])],
  ['exceeds 256 characters', filterOf([['a', 'eq', 'x'.repeat(257)]])],
  ['exceeds 256 characters', filterOf([['a', 'in', ['y', 'x'.repeat(257)]]])],
  ['the maximum of 5 field names', filterOf(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, 'eq', 1]))],
  [
    'the maximum of 10 filters',
    filterOf([
      ['a', 'in', [1, 2, 3, 4, 5]],
      ['b', 'in', [1, 2, 3, 4, 5]],
      ['c', 'eq', 1],
    ]),
  ],
])('a filter is rejected: %s', (problem, filter) => {
  expect(() => parseSubscriptionFilter(filter)).toThrow(FieldError);
  expect(() => parseSubscriptionFilter(filter)).toThrow(problem);
});

test('a filter at its limits is taken', () => {
  const atLimits = filterOf(
    [
      ['a', 'in', [1, 2, 3, 4, 5]],
      ['b.c.d.e.f', 'in', [1, 2, 3, 4, 5]],
    ],
    [['x'.repeat(256), 'eq', 'y'.repeat(256)]],
  );
  expect(parseSubscriptionFilter(atLimits)).toEqual(atLimits);
});
