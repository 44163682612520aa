import { createContext, runInContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactJson } from './exact-json.ts';

const toError = (path: string, problem: string) => new Error(`${path || 'it'} ${problem}`);

describe('the JSON text of a value', () => {
  it('equals that of JSON.stringify if nothing is lost', () => {
    class Line {
      quantity = 2;
    }
    const shared = { a: 1 };
    for (const value of [
      { list: [1, 'x', null, true, [], {}], left: undefined, at: new Date(0), line: new Line() },
      [shared, shared],
      Object.assign(Object.create(null), { a: 1 }),
      runInContext('({ a: [new Date(0), 1] })', createContext()),
      'text',
      null,
    ]) {
      expect(exactJson(value, toError)).toBe(JSON.stringify(value));
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => exactJson(value, toError) === JSON.stringify(value)));
  });

  it.each([
    [{ a: { 'b/~': [0, Number.NaN] } }, '/a/b~1~0/1 is NaN, which JSON cannot represent'],
    [{ a: Number.POSITIVE_INFINITY }, '/a is Infinity, which JSON cannot represent'],
    [[[undefined]], '/0/0 is undefined'],
    [undefined, 'it is undefined'],
    [{ a: 1n }, '/a is a BigInt, which JSON cannot represent'],
    [{ a: () => 1 }, '/a is a Function, which JSON cannot represent'],
    [{ a: Symbol.iterator }, '/a is a Symbol, which JSON cannot represent'],
    [{ at: new Date(Number.NaN) }, '/at becomes null'],
    [{ a: new Map([[1, 2]]) }, '/a is a Map, which JSON cannot represent'],
    [[new Set()], '/0 is a Set, which JSON cannot represent'],
    [{ a: Buffer.from('x').subarray(0, 1).buffer }, '/a is a ArrayBuffer, which JSON cannot represent'],
    [{ a: new Uint8Array(1) }, '/a is a Uint8Array, which JSON cannot represent'],
    [{ a: /x/ }, '/a is a RegExp, which JSON cannot represent'],
    [{ a: new Error('x') }, '/a is a Error, which JSON cannot represent'],
    [{ a: Promise.resolve() }, '/a is a Promise, which JSON cannot represent'],
  ])('does not exist if JSON would change the value: %o', (value, message) => {
    expect(() => exactJson(value, toError)).toThrow(new Error(message));
  });

  it('does not exist for a circular value, or if its toJSON throws', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => exactJson(circle, toError)).toThrow('circular');
    const broken = {
      toJSON() {
        throw new Error('broken');
      },
    };
    expect(() => exactJson([broken], toError)).toThrow('broken');
  });
});
