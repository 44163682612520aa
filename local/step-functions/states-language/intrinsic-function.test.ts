import { describe, expect, test } from 'vitest';
import { evaluateIntrinsic, parseIntrinsic } from './intrinsic-function.ts';

const scope = {
  data: { list: [1, 2, 2, '2', { a: [1] }, { a: [1] }, null], text: 'a\\b"c', zero: 0, nothing: null, n: 2 },
  context: { State: { Name: 'S' } },
  variables: { path: '0/1' },
};

describe('the functions that are supported', () => {
  test.each([
    ['States.Array()', []],
    [
      "States.Array($.zero, $.nothing, $.text, 'x, (y)', -1.5, true, null)",
      [0, null, 'a\\b"c', 'x, (y)', -1.5, true, null],
    ],
    ['States.Array($$.State.Name)', ['S']],
    ["States.Format('{}/{}', $path, $$.State.Name)", '0/1/S'],
    ["States.Array($['text'], $.list[4].a)", ['a\\b"c', [1]]],
    ['States.ArrayLength($.list)', 7],
    ['States.ArrayLength(States.Array(States.Array(), 1))', 2],
    ['States.ArrayContains($.list, $.list[4])', true],
    ["States.ArrayContains($.list, 'none')", false],
    ['States.ArrayPartition($.list, 3)', [[1, 2, 2], ['2', { a: [1] }, { a: [1] }], [null]]],
    ['States.ArrayRange(1, 9, $.n)', [1, 3, 5, 7, 9]],
    ['States.ArrayRange(2, -2, -2)', [2, 0, -2]],
    ["States.Format('{}/{}: {}{}', $.text, $.n, $.nothing, States.ArrayLength($.list))", 'a\\b"c/2: null7'],
    ["States.Format('nothing')", 'nothing'],
    ['States.ArrayUnique($.list)', [1, 2, '2', { a: [1] }, null]],
  ])('%s', async (text, expected) => {
    expect(await evaluateIntrinsic(text, scope)).toEqual(expected);
  });

  test('States.UUID() is a new version 4 UUID each time', async () => {
    const list = await evaluateIntrinsic('States.Array(States.UUID(), States.UUID())', scope);
    expect(new Set(list as string[]).size).toBe(2);
    const version4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
    expect(await evaluateIntrinsic('States.UUID()', scope)).toMatch(version4);
  });

  test('arguments that do not fit fail the execution', async () => {
    const failure = { error: 'States.Runtime', isTerminal: true };
    await expect(evaluateIntrinsic('States.ArrayLength($.text)', scope)).rejects.toMatchObject(failure);
    await expect(evaluateIntrinsic('States.ArrayRange(1, 2, 0)', scope)).rejects.toMatchObject(failure);
    for (const wrong of ["'{}', 1, 2", "'{} {}', 1", '1', "'{}', $.list", ''])
      await expect(evaluateIntrinsic(`States.Format(${wrong})`, scope)).rejects.toMatchObject(failure);
    await expect(evaluateIntrinsic('States.Array($.none)', scope)).rejects.toMatchObject(failure);
  });
});

describe('what is not supported', () => {
  test.each([
    ...['StringToJson', 'JsonToString', 'ArrayGetItem', 'Base64Encode', 'Base64Decode', 'Hash', 'JsonMerge'],
    ...['MathRandom', 'MathAdd', 'StringSplit', 'Unknown'],
  ])('States.%s is rejected by name', (name) => {
    expect(parseIntrinsic(`States.Array(States.${name}($.a))`)).toBe(`the intrinsic function States.${name}`);
  });

  test.each([
    "States.Array('a\\'b')",
    'States.Array(',
    'States.Array($.a))x',
    'States.Array(word)',
    'word',
    '',
  ])('%s is rejected as unreadable', (text) => {
    expect(parseIntrinsic(text)).toMatch(/^cannot read/);
  });
});
