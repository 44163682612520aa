import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonText } from './json-text.ts';

const pathsOf = (text: string) => readJsonText(text).problems.map(({ path }) => path);

describe('a JSON text', () => {
  it.each([
    ['9007199254740991', true],
    ['-9007199254740991', true],
    ['9007199254740992', false],
    ['9007199254740993', false],
    ['6.022e23', false],
    ['1e400', false],
    ['-1e400', false],
    ['1e-400', false],
    ['0.1234567890123456789', false],
    ['0.12345678901234568', true],
    ['0.10000000000000001', false],
    ['1.50', true],
    ['15e-1', true],
    ['1E3', true],
    ['0.0', true],
    ['-0', true],
    ['0e5', true],
    ['1.7976931348623157e-300', true],
  ])('with the number %s can be taken: %s', (number, taken) => {
    expect(pathsOf(`{"a":[${number}]}`)).toEqual(taken ? [] : ['/a/0']);
  });

  it('with a duplicate key has a problem at the second one', () => {
    expect(readJsonText('{"a":{"x":1},\n"b":{"x":1},"a":1}').problems).toEqual([
      { path: '/a', message: 'is a duplicate key', line: 2, column: 13 },
    ]);
    expect(pathsOf('{"__proto__":1,"__proto__":1,"\\u0061":1,"a":1}')).toEqual(['/__proto__', '/a']);
  });

  it('written by JSON.stringify has no problem, and the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const { value: read, problems } = readJsonText(text);
        expect(JSON.stringify(read)).toBe(text);
        for (const { message } of problems) expect(message).toMatch(/^is an integer beyond/);
      }),
    );
  });

  it('may nest 200 levels, not 201, and no depth overflows the call stack', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(pathsOf(nested(200))).toEqual([]);
    for (const levels of [201, 5_000, 500_000]) expect(pathsOf(nested(levels))).toEqual(['']);
  });

  it('that is not valid JSON throws', () => {
    expect(() => readJsonText('{"a":1,}')).toThrow(SyntaxError);
  });
});
