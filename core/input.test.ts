import { describe, expect, it } from 'vitest';
import type { Definition } from './definitions.ts';
import type { InvalidInput } from './errors.ts';
import { parseInput } from './input.ts';

function definition(inputSchema: Record<string, unknown> = {}): Definition {
  return { name: 'test', description: null, inputSchema, machine: {}, steps: [], starts: {}, outputStep: '' };
}

function errorOf(input: unknown, schema: Record<string, unknown> = {}) {
  try {
    parseInput(definition(schema), input);
  } catch (error) {
    const { name, message, info } = error as InvalidInput;
    const { problems, omitted } = info as { problems: { path: string; message: string }[]; omitted?: number };
    return { name, message, problems, omitted, bytes: JSON.stringify(info).length };
  }
  throw new Error('Expected an error, got none');
}

const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

describe('an input', () => {
  it.each([2 ** 53, -(2 ** 53), 6.022e23, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'with the number %d is rejected with its path',
    (n) => {
      const error = errorOf({ order: { ids: [1, n] } });
      expect(error).toMatchObject({ name: 'InvalidInput', problems: [{ path: '/order/ids/1' }] });
      expect(error.message).toContain('send it as a string');
    },
  );

  it('with numbers that do not change is accepted', () => {
    const input = { ids: [2 ** 53 - 1, 1 - 2 ** 53, 0.1, 1e-300, 123_456_789.25] };
    expect(parseInput(definition(), input)).toEqual(input);
  });

  it('that arrives as text is rejected if parsing would change it', () => {
    expect(errorOf('{"a":1,"a":2,"n":0.1234567890123456789}').problems.map(({ path }) => path)).toEqual([
      '/a',
      '/n',
    ]);
  });

  it('that arrives as text that is not valid JSON is rejected', () => {
    expect(errorOf('{"a":').message).toMatch(/^The input is not valid JSON/);
  });

  it('may nest 200 levels, and is rejected if it is deeper', () => {
    expect(parseInput(definition(), nested(200))).toEqual(nested(200));
    for (const levels of [201, 5_000, 500_000]) {
      expect(errorOf(nested(levels))).toMatchObject({ name: 'InvalidInput', problems: [{ path: '' }] });
    }
  });
});

describe('a check against the schema', () => {
  it('with a pattern of exponential time ends with InvalidInput', () => {
    const schema = { properties: { a: { pattern: '^(a|a)*$' } } };
    expect(errorOf({ a: `${'a'.repeat(60)}!` }, schema)).toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('within 2000 ms'),
    });
    // The validator is as good as new.
    expect(parseInput(definition(schema), { a: 'aaa' })).toEqual({ a: 'aaa' });
  });

  it('finds two equal objects among 39,000, in any key order, within its time limit', () => {
    const schema = { properties: { items: { uniqueItems: true } } };
    const items: Record<string, number>[] = Array.from({ length: 39_000 }, (_, a) => ({ a, b: 1 }));
    expect(parseInput(definition(schema), { items })).toEqual({ items });
    expect(errorOf({ items: [...items.slice(0, 30_000), { b: 1, a: 7 }] }, schema).problems).toEqual([
      { path: '/items', message: 'must NOT have duplicate items' },
    ]);
  });

  it('accepts equal items if uniqueItems is false', () => {
    expect(parseInput(definition({ uniqueItems: false }), [1, 1])).toEqual([1, 1]);
  });

  it('lists 100 problems, and how many were left out', () => {
    const error = errorOf(Array(5_000).fill(1), { items: { type: 'string' } });
    expect(error.problems).toHaveLength(100);
    expect(error.omitted).toBe(4_900);
  });

  it('lists up to 32 kB of problems, even with long keys', () => {
    const long = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}`.padEnd(900, 'x'), 1]));
    const error = errorOf(long, { additionalProperties: false });
    expect(error.bytes).toBeLessThan(32_200);
    expect(error.problems.length + (error.omitted ?? 0)).toBe(60);
    expect(errorOf({ ['x'.repeat(600_000)]: 1 }, { additionalProperties: false }).bytes).toBeLessThan(2_000);
  });

  it('of an input over 64 kB ends with the first problem', () => {
    expect(errorOf(Array(100_000).fill(1), { items: { type: 'string' } }).problems).toEqual([
      { path: '/0', message: 'must be string' },
    ]);
  });
});
