import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { assign, lookUp, parsePath } from './reference-path.ts';

const at = (text: string, data: JsonValue, context: JsonObject = {}, variables: JsonObject = {}) => {
  const path = parsePath(text);
  if (!path) throw new Error(`${text} is not a path`);
  return lookUp(path, { data, context, variables });
};

describe('parsePath', () => {
  test.each([
    ['$', 'data', []],
    ['$.a.b-c_d.é', 'data', ['a', 'b-c_d', 'é']],
    ["$['a b'][0][\"it's\"].c", 'data', ['a b', 0, "it's", 'c']],
    ['$$', 'context', []],
    ['$$.Map.Item.Index', 'context', ['Map', 'Item', 'Index']],
    ['$.a.0', 'data', ['a', '0']],
    ['$order', 'variables', ['order']],
    ["$é_2['a b'][0]", 'variables', ['é_2', 'a b', 0]],
  ])('%s is a path in parts', (text, root, steps) => {
    expect(parsePath(text)).toEqual({ root, steps });
  });

  test.each([
    '',
    'a',
    '$_a',
    '$a-b',
    '$1',
    '$states.context',
    `$${'a'.repeat(81)}`,
    '$.',
    '$..a',
    '$.a[*]',
    '$.a[-1]',
    '$.a[0:2]',
    '$.a[?(@.b)]',
    "$['a','b']",
    '$.a.length()',
    '$.*',
  ])('%s is not a path to one place', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });
});

describe('lookUp', () => {
  test('a name leads into own fields of objects only', () => {
    expect(at('$.a.b', { a: { b: null } })).toBeNull();
    expect(at('$.a.b', { a: [{ b: 1 }] })).toBeUndefined();
    expect(at('$.length', [1])).toBeUndefined();
    expect(at('$.length', 'text')).toBeUndefined();
    expect(at('$.toString', {})).toBeUndefined();
    expect(at("$['__proto__']", {})).toBeUndefined();
    expect(at('$.a', null)).toBeUndefined();
  });

  test('an index leads into lists only', () => {
    expect(at('$[1]', ['a', 'b'])).toBe('b');
    expect(at('$[2]', ['a', 'b'])).toBeUndefined();
    expect(at('$.a[0]', { a: 'text' })).toBeUndefined();
    expect(at('$.a[0]', { a: { 0: 'x' } })).toBeUndefined();
    expect(at('$.a.0', { a: ['x'] })).toBeUndefined();
  });

  test('two dollars lead into the context object', () => {
    expect(at('$$.State.Name', { State: 1 }, { State: { Name: 'A' } })).toBe('A');
  });

  test('a dollar with a name leads into that variable', () => {
    expect(at('$a.b', { a: 1 }, { a: 2 }, { a: { b: 3 } })).toBe(3);
    expect(at('$a', { a: 1 }, { a: 2 })).toBeUndefined();
    expect(at('$toString', {})).toBeUndefined();
    expect(at('$constructor.name', {})).toBeUndefined();
  });
});

const name = fc.stringMatching(/^[a-z_]{1,3}$/);

describe('assign', () => {
  test('what is put at a path is found there, and all the rest as before', () => {
    const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true });
    fc.assert(
      fc.property(
        object,
        fc.array(name, { minLength: 1, maxLength: 3 }),
        fc.jsonValue(),
        (target, steps, value) => {
          const before = structuredClone(target);
          const after = assign(target as JsonObject, steps, value as JsonValue);
          expect(target).toEqual(before);
          const [first = ''] = steps;
          const isInTheWay = steps
            .slice(0, -1)
            .map((_, index) => at(`$.${steps.slice(0, index + 1).join('.')}`, target as JsonObject))
            .some(
              (parent) =>
                parent !== undefined &&
                (typeof parent !== 'object' || parent === null || Array.isArray(parent)),
            );
          expect(after === undefined).toBe(isInTheWay);
          if (isInTheWay) return;
          expect(at(`$.${steps.join('.')}`, after ?? null)).toEqual(value);
          expect({ ...(after as object), [first]: 0 }).toEqual({ ...target, [first]: 0 });
        },
      ),
    );
  });

  test('nothing can be put into a list or a text', () => {
    expect(assign([], ['a'], 1)).toBeUndefined();
    expect(assign({ a: 'x' }, ['a', 'b'], 1)).toBeUndefined();
  });

  test('the name __proto__ is a field like any other', () => {
    expect(JSON.stringify(assign({}, ['__proto__', 'a'], 1))).toBe('{"__proto__":{"a":1}}');
    expect(({} as JsonObject).a).toBeUndefined();
  });
});
