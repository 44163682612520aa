import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern } from './pattern.ts';

const matches = (pattern: unknown, event: unknown) => compilePattern(pattern)(event);
/** Whether the value satisfies one comparison. */
const satisfies = (comparison: unknown, value: unknown) => matches({ a: [comparison] }, { a: value });

/** A comparison, values that it matches and values that it does not. */
const comparisons: [unknown, unknown[], unknown[]][] = [
  ['300', ['300', ['x', '300']], [300, '', '3000']],
  [300, [300, 3e2], ['300', 300.1, null]],
  ['', [''], [null, ' ', []]],
  [true, [true], ['true', 1, false]],
  [null, [null, [1, null]], [[], 'null', undefined, 0]],
  [{ prefix: 'us-' }, ['us-', 'us-east-1'], ['US-east-1', 'xus-', 5, null, '']],
  [{ prefix: '' }, ['', 'x'], [5, null]],
  [{ prefix: { 'equals-ignore-case': 'US-' } }, ['us-x', 'US-x'], ['eu-x', 5]],
  [{ suffix: '.png' }, ['.png', 'a.png'], ['a.PNG', 'a.png ', 5]],
  [{ suffix: { 'equals-ignore-case': '.PNG' } }, ['a.png', 'a.Png'], ['a.jpg']],
  [{ 'equals-ignore-case': 'AbC' }, ['abc', 'ABC'], ['abcd', 5]],
  [{ 'equals-ignore-case': '' }, [''], ['a']],
  [{ wildcard: 'a*c' }, ['ac', 'abbc', 'a\nc', 'acc'], ['abcd', 'a', 'c', 5, 'xac']],
  [{ wildcard: '*' }, ['', 'x'], [5]],
  [{ wildcard: 'a*a' }, ['aa', 'aba'], ['a']],
  [{ wildcard: '*ab*ba*' }, ['abba', 'xabxbax'], ['aba']],
  [{ wildcard: 'a\\*b\\\\c' }, ['a*b\\c'], ['axb\\c']],
  [{ wildcard: 'abc' }, ['abc'], ['abcd']],
  [{ numeric: ['=', 5] }, [5, 5.0], ['5', 5.1]],
  [{ numeric: ['>', 0, '<=', 5] }, [0.1, 5], [0, 5.1, '3', null]],
  [{ numeric: ['<', 3] }, [2.9, -5e9], [3, -5e9 - 1]],
  [{ numeric: ['>=', 3] }, [3, 5e9], [2.9, 5e9 + 1]],
  [{ cidr: '10.0.0.0/24' }, ['10.0.0.0', '10.0.0.255'], ['10.0.1.0', '10.0.0', 'x', 5]],
  [{ cidr: '2001:db8::/32' }, ['2001:db8::1', '2001:DB8:ffff::'], ['2001:db9::1', '10.0.0.1']],
  [{ 'anything-but': 'a' }, ['b', 1, null, true, ['a', 'b']], ['a', undefined, [], ['a']]],
  [{ 'anything-but': 1 }, ['1', 2, null], [1]],
  [{ 'anything-but': ['a', 'b'] }, ['c', null], ['a', 'b', undefined]],
  [{ 'anything-but': [1, 2] }, [3, '1'], [1, 2]],
  [{ 'anything-but': { prefix: 'in' } }, ['out', 5, null], ['in', 'inside', undefined]],
  [{ 'anything-but': { prefix: ['in', 'up'] } }, ['out'], ['inside', 'upper']],
  [{ 'anything-but': { suffix: '.txt' } }, ['a.png', null], ['a.txt']],
  [{ 'anything-but': { 'equals-ignore-case': ['A', 'B'] } }, ['c', 5], ['a', 'A', 'b']],
  [{ 'anything-but': { wildcard: '*/lib/*' } }, ['a/bin/b', 5], ['a/lib/b', '/lib/']],
  [{ 'anything-but': { wildcard: '' } }, ['x'], ['']],
  [{ exists: true }, ['', 0, null, false, [1], [{}, 1]], [undefined, [], {}, { b: 1 }, [{ b: 1 }]]],
  [{ exists: false }, [undefined, [], {}, { b: 1 }], ['', 0, null, [1]]],
];

describe('a comparison', () => {
  test.each(comparisons)('%j matches %j and not %j', (comparison, matching, others) => {
    for (const value of matching) expect([value, satisfies(comparison, value)]).toEqual([value, true]);
    for (const value of others) expect([value, satisfies(comparison, value)]).toEqual([value, false]);
  });

  const scalar = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.integer({ min: -9, max: 9 }),
    fc.boolean(),
    fc.constant(null),
  );
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '*', '\\', '.'), maxLength: 8 });

  test('of prefix, suffix and case is that of the string', () => {
    fc.assert(
      fc.property(text, text, (value, part) => {
        expect(satisfies({ prefix: part }, value)).toBe(value.startsWith(part));
        expect(satisfies({ suffix: part }, value)).toBe(value.endsWith(part));
        expect(satisfies({ 'equals-ignore-case': part }, value)).toBe(
          value.toLowerCase() === part.toLowerCase(),
        );
        expect(satisfies({ suffix: { 'equals-ignore-case': part } }, value)).toBe(
          value.toLowerCase().endsWith(part.toLowerCase()),
        );
      }),
    );
  });

  test('of a wildcard matches what is left of the text when stars stand for any text', () => {
    const escaped = (part: string) => part.replace(/[*\\]/g, '\\$&');
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.array(text),
        fc.string(),
        (parts, fillings, other) => {
          const filled = parts.filter((part, i) => part !== '' || i === 0 || i === parts.length - 1);
          const wildcard = filled.map(escaped).join('*');
          const value = filled.map((part, i) => (i === 0 ? part : (fillings[i] ?? '') + part)).join('');
          expect(satisfies({ wildcard }, value)).toBe(true);
          const asRegExp = new RegExp(
            `^${filled.map((part) => part.replace(/[.*\\]/g, '\\$&')).join('.*')}$`,
            's',
          );
          expect(satisfies({ wildcard }, other)).toBe(asRegExp.test(other));
        },
      ),
    );
  });

  test('of a numeric range is the comparison of numbers', () => {
    const number = fc.double({ min: -5e9, max: 5e9, noNaN: true });
    fc.assert(
      fc.property(number, number, number, (a, b, value) => {
        fc.pre(a !== b);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(satisfies({ numeric: ['>', low, '<=', high] }, value)).toBe(value > low && value <= high);
        expect(satisfies({ numeric: ['>=', low, '<', high] }, low)).toBe(true);
        expect(satisfies({ numeric: ['>=', low, '<', high] }, high)).toBe(false);
      }),
    );
  });

  test('with anything-but is the opposite of it without, for a value that is there', () => {
    const operand = fc.oneof(
      fc.tuple(fc.constant('prefix'), fc.string({ minLength: 1 })),
      fc.tuple(
        fc.constantFrom('equals-ignore-case', 'wildcard'),
        fc.string({ unit: fc.constantFrom('a', 'b') }),
      ),
    );
    fc.assert(
      fc.property(scalar, operand, (value, [operator, part]) => {
        const comparison = { [operator]: part };
        expect(satisfies({ 'anything-but': comparison }, value)).toBe(!satisfies(comparison, value));
      }),
    );
  });
});

describe('a pattern', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 2 });
  const scalar = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.integer({ min: 0, max: 5 }),
    fc.boolean(),
    fc.constant(null),
  );
  const { event } = fc.letrec<{ event: Record<string, unknown>; value: unknown }>((tie) => ({
    event: fc.dictionary(name, tie('value'), { maxKeys: 3, minKeys: 1, noNullPrototype: true }),
    value: fc.oneof({ maxDepth: 3 }, scalar, tie('event'), fc.array(scalar, { maxLength: 3 })),
  }));

  /** The pattern that asks for just what the event holds. */
  const patternOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.length > 0 ? value : [{ exists: false }];
    if (typeof value !== 'object' || value === null) return [value];
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, patternOf(inner)]));
  };

  test('made of an event matches it, and any event with more in it', () => {
    fc.assert(
      fc.property(event, event, (original, more) => {
        const pattern = patternOf(original);
        expect(matches(pattern, original)).toBe(true);
        expect(matches(pattern, { ...original, ...prefixed('z', more) })).toBe(true);
      }),
    );
  });

  test('does not match an event that lacks a field it names, but for exists false', () => {
    fc.assert(
      fc.property(event, (original) => {
        expect(matches({ ...Object(patternOf(original)), z: [{ exists: true }] }, original)).toBe(false);
        expect(matches({ ...Object(patternOf(original)), z: [{ exists: false }] }, original)).toBe(true);
        expect(matches({ z: [{ 'anything-but': 'x' }] }, original)).toBe(false);
      }),
    );
  });

  test('with $or matches when one of its alternatives does, in any position', () => {
    const either = (one: unknown, other: unknown) => ({ $or: [one, other] });
    fc.assert(
      fc.property(event, event, event, (one, other, subject) => {
        const [first, second] = [patternOf(one), patternOf(other)];
        const expected = matches(first, subject) || matches(second, subject);
        expect(matches(either(first, second), subject)).toBe(expected);
        expect(matches({ d: either(first, second) }, { d: subject })).toBe(expected);
        expect(matches({ d: either(first, second), e: [1] }, { d: subject, e: 1 })).toBe(expected);
        expect(matches({ d: either(first, second), e: [1] }, { d: subject, e: 2 })).toBe(false);
      }),
    );
  });

  test('multiplies two $or', () => {
    const pattern = { $or: [{ a: [1] }, { b: [1] }], d: { $or: [{ x: [1] }, { y: [1] }] } };
    for (const [subject, expected] of [
      [{ a: 1, d: { x: 1 } }, true],
      [{ b: 1, d: { y: 1 } }, true],
      [{ a: 1, b: 1, d: {} }, false],
      [{ d: { x: 1 } }, false],
    ]) {
      expect(matches(pattern, subject)).toBe(expected);
    }
  });

  test('treats a dot in a name as a nested field, on either side', () => {
    for (const pattern of [{ detail: { state: ['on'] } }, { 'detail.state': ['on'] }]) {
      for (const subject of [{ detail: { state: 'on' } }, { 'detail.state': 'on' }]) {
        expect(matches(pattern, subject)).toBe(true);
      }
    }
  });

  test('distinguishes the case of names', () => {
    expect(matches({ Detail: ['x'] }, { detail: 'x' })).toBe(false);
  });

  test('does not look into a detail that is JSON text', () => {
    expect(matches({ detail: { state: ['on'] } }, { detail: '{"state":"on"}' })).toBe(false);
  });

  test('matches values of one element of an array of objects, not of two', () => {
    const pattern = { list: { name: ['a'], on: [true] } };
    expect(matches(pattern, { list: [{ name: 'a', on: true }] })).toBe(true);
    expect(matches(pattern, { list: [{ name: 'b' }, { name: 'a', on: true }] })).toBe(true);
    expect(matches(pattern, { list: [{ name: 'a' }, { on: true }] })).toBe(false);
    expect(matches(pattern, { list: [[{ name: 'a' }, { name: 'a', on: true }]] })).toBe(true);
    expect(
      matches({ list: { name: ['a'], on: [{ exists: false }] } }, { list: [{ name: 'a' }, { on: true }] }),
    ).toBe(true);
    expect(matches({ list: ['x'], 'list.a': [1] }, { list: ['x', { a: 1 }] })).toBe(true);
    expect(matches({ one: ['a'], two: ['b'] }, { one: ['x', 'a'], two: ['b', 'y'] })).toBe(true);
  });

  const rejected: [unknown, string][] = [
    [['not an object'], 'Filter is not an object'],
    [{}, 'Empty objects are not allowed'],
    [{ detail: {} }, 'Empty objects are not allowed'],
    [{ int: 42 }, '"int" must be an object or an array'],
    [{ string: 'my-value' }, '"string" must be an object or an array'],
    [{ none: null }, '"none" must be an object or an array'],
    [{ resources: [] }, 'Empty arrays are not allowed'],
    [{ a: [['x']] }, 'Match value must be String, number, true, false, or null'],
    [{ a: [{}] }, 'Match expression name not found'],
    [{ a: [{ prefix: 'a', suffix: 'b' }] }, 'Only one key allowed in match expression'],
    [{ a: [{ EXISTS: true }] }, 'Unrecognized match type EXISTS'],
    [{ a: [{ exists: 'yes' }] }, 'exists match pattern must be either true or false.'],
    [{ a: [{ prefix: ['x'] }] }, 'prefix match pattern must be a string'],
    [{ a: [{ prefix: { suffix: 'x' } }] }, 'Unsupported prefix pattern: suffix'],
    [{ a: [{ suffix: 123 }] }, 'suffix match pattern must be a string'],
    [{ a: [{ suffix: { 'equals-ignore-case': 1 } }] }, 'equals-ignore-case match pattern must be a string'],
    [{ a: [{ 'equals-ignore-case': ['x'] }] }, 'equals-ignore-case match pattern must be a string'],
    [{ a: [{ wildcard: 123 }] }, 'wildcard match pattern must be a string'],
    [
      { a: [{ wildcard: 'arn:aws:events:us-east-1:**:event-bus/*' }] },
      'Consecutive wildcard characters at pos 26',
    ],
    [{ a: [{ wildcard: 'a\\b' }] }, 'Invalid escape character at pos 2'],
    [{ a: [{ wildcard: 'a\\' }] }, 'Invalid escape character at pos 2'],
    [{ a: [{ numeric: 5 }] }, 'Value of numeric must be an array.'],
    [{ a: [{ numeric: [5] }] }, 'Invalid member in numeric match: 5'],
    [{ a: [{ numeric: ['~', 5] }] }, 'Unrecognized numeric range operator: ~'],
    [{ a: [{ numeric: ['=', '5'] }] }, 'Value of equals must be numeric'],
    [{ a: [{ numeric: ['=', 5, '<', 6] }] }, 'Too many elements in numeric expression'],
    [{ a: [{ numeric: ['>', 0, 5] }] }, 'Bad value in numeric range: 5'],
    [{ a: [{ numeric: ['>', 0, '>', 0] }] }, 'Bad numeric range operator: >'],
    [{ a: [{ numeric: ['>', 0, '<'] }] }, 'Value of < must be numeric'],
    [{ a: [{ numeric: ['>', 0, '<', 5, 6] }] }, 'Too many terms in numeric range expression'],
    [{ a: [{ numeric: ['>', 5, '<', 5] }] }, 'Bottom must be less than top'],
    [{ a: [{ numeric: ['>', 5e9 + 1] }] }, 'Value must be between -5.0E9 and 5.0E9, inclusive'],
    [{ a: [{ cidr: '10.0.0.0' }] }, "Malformed CIDR, one '/' required"],
    [{ a: [{ cidr: '10.0.0.0/x' }] }, 'Malformed CIDR, mask bits must be an integer'],
    [{ a: [{ cidr: '10.0.0.0/-1' }] }, 'Malformed CIDR, mask bits must not be negative'],
    [{ a: [{ cidr: 'xx/24' }] }, 'Nonstandard IP address: xx'],
    [{ a: [{ cidr: '10.0.0.0/32' }] }, 'IPv4 mask bits must be < 32'],
    [{ a: [{ cidr: '::/128' }] }, 'IPv6 mask bits must be < 128'],
    [{ a: [{ cidr: 5 }] }, 'prefix match pattern must be a string'],
    [
      { a: [{ 'anything-but': null }] },
      'Value of anything-but must be an array or single string/number value.',
    ],
    [
      { a: [{ 'anything-but': ['a', null] }] },
      'Inside anything but list, start|null|boolean is not supported.',
    ],
    [
      { a: [{ 'anything-but': ['a', 1] }] },
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    ],
    [
      { a: [{ 'anything-but': [] }] },
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    ],
    [{ a: [{ 'anything-but': 1e10 }] }, 'Value must be between -5.0E9 and 5.0E9, inclusive'],
    [{ a: [{ 'anything-but': { cidr: '10.0.0.0/8' } }] }, 'Unsupported anything-but pattern: cidr'],
    [{ a: [{ 'anything-but': { prefix: 123 } }] }, 'prefix/suffix match pattern must be a string'],
    [{ a: [{ 'anything-but': { suffix: [123, '.txt'] } }] }, 'prefix/suffix match pattern must be a string'],
    [{ a: [{ 'anything-but': { suffix: '' } }] }, 'Null prefix/suffix not allowed'],
    [{ a: [{ 'anything-but': { wildcard: [123] } }] }, 'wildcard match pattern must be a string'],
    [
      { a: [{ 'anything-but': { 'equals-ignore-case': 123 } }] },
      'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.',
    ],
    [
      { a: [{ 'anything-but': { prefix: { 'equals-ignore-case': 'file' } } }] },
      'Value of anything-but must be an array or single string/number value.',
    ],
    [{ $or: { a: [1] } }, 'It must be an Array followed with $or.'],
    [{ $or: [{ a: [1] }] }, 'There must have at least 2 Objects in $or relationship.'],
    [{ $or: [{ a: [1] }, 'b'] }, 'Only JSON object is allowed in array of $or relationship.'],
    [
      { $or: [{ prefix: ['x'] }, { b: [1] }] },
      'prefix is Ruler reserved fieldName which cannot be used inside $or.',
    ],
  ];

  test.each(rejected)('%j is rejected: %s', (pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(
      expect.objectContaining({
        name: 'InvalidEventPatternException',
        message: `Event pattern is not valid. Reason: ${reason}`,
      }),
    );
  });

  test('may have 1,000 combinations of $or and not more', () => {
    const or = (size: number, field: string) => ({
      $or: Array.from({ length: size }, (_, i) => ({ [field]: [i] })),
    });
    const pattern = (...sizes: number[]) =>
      Object.fromEntries(sizes.map((size, i) => [`f${i}`, or(size, 'x')]));
    expect(matches(pattern(10, 10, 10), { f0: { x: 1 }, f1: { x: 2 }, f2: { x: 9 } })).toBe(true);
    expect(() => compilePattern(pattern(7, 11, 13))).toThrow('Rule is too complex');
  });

  test('of any JSON is either compiled or rejected by name, and then applies to any event', () => {
    const operator = fc.constantFrom(
      'prefix',
      'numeric',
      'anything-but',
      'wildcard',
      'cidr',
      'exists',
      '$or',
      'a',
    );
    const depth = { maxDepth: 4, depthIdentifier: fc.createDepthIdentifier() };
    const { pattern } = fc.letrec<{ pattern: unknown; operand: unknown }>((tie) => ({
      pattern: fc.oneof(
        depth,
        fc.jsonValue(),
        fc.dictionary(operator, tie('operand'), { noNullPrototype: true }),
      ),
      operand: fc.oneof(
        depth,
        fc.constantFrom('=', '<', '*', '\\', '10.0.0.0/8', 1, null),
        fc.array(tie('operand')),
        tie('pattern'),
      ),
    }));
    fc.assert(
      fc.property(pattern, fc.jsonValue(), (candidate, subject) => {
        try {
          expect(typeof matches(candidate, subject)).toBe('boolean');
        } catch (error) {
          expect(error).toMatchObject({ name: 'InvalidEventPatternException' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

function prefixed(prefix: string, object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [prefix + key, value]));
}
