import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileInput, type TargetInput } from './input.ts';
import { compileJsonPath } from './json-path.ts';

const event = {
  version: '0',
  id: 'e1',
  'detail-type': 'Order',
  source: 'shop',
  resources: ['r1', 'r2'],
  detail: {
    name: 'n1',
    quoted: 'say "hi"',
    count: 3,
    on: true,
    none: null,
    list: ['A', 'B'],
    items: [{ id: 1 }, { id: 2 }, {}],
    nested: { k: 'v' },
  },
};
const context = {
  ruleArn: 'arn:aws:events:us-east-1:000000000000:rule/Steps',
  ruleName: 'Steps',
  ingestionTime: '2026-01-01T00:00:00.000Z',
};
const inputOf = (target: TargetInput) => compileInput('Target0', target)(event, context);
/** What the template makes of the event, with a variable `x` for the path. */
const filled = (inputTemplate: string, path = '$.detail.name') =>
  inputOf({ inputTransformer: { inputPathsMap: { x: path }, inputTemplate } });

describe('the input of a target', () => {
  test('is the whole event where nothing else is said', () => {
    expect(inputOf({})).toEqual(event);
  });

  test('is the constant that Input gives', () => {
    expect(inputOf({ input: '{"a":[1]}' })).toEqual({ a: [1] });
  });

  test('is what InputPath finds, and null where it finds nothing', () => {
    expect(inputOf({ inputPath: '$.detail.nested' })).toEqual({ k: 'v' });
    expect(inputOf({ inputPath: '$.detail.name' })).toBe('n1');
    expect(inputOf({ inputPath: '$.detail.missing' })).toBeNull();
  });

  test.each([
    [
      { input: '{}', inputPath: '$' },
      'Only one of Input, InputPath, or InputTransformer must be provided for target Target0.',
    ],
    [{ input: '{' }, 'JSON syntax error in input for target Target0.'],
    [{ inputPath: 'detail' }, "Expected a path such as $.detail.items[0].name, got 'detail'"],
    [
      { inputTransformer: { inputPathsMap: {}, inputTemplate: '{"a":<missing>}' } },
      'InputTemplate for target Target0 contains invalid placeholder missing.',
    ],
    [
      { inputTransformer: { inputTemplate: '{"a":"<aws.events.event.json>"}' } },
      'InputTemplate for target Target0 contains invalid placeholder aws.events.event.json.',
    ],
    [
      { inputTransformer: { inputPathsMap: { x: '$.id' }, inputTemplate: '{<x>: 1}' } },
      'InputTemplate for target Target0 is not valid JSON.',
    ],
    [
      { inputTransformer: { inputPathsMap: { x: '$.id' }, inputTemplate: 'order <x>' } },
      'InputTemplate for target Target0 is not valid JSON.',
    ],
    [
      { inputTransformer: { inputTemplate: JSON.stringify('x'.repeat(8191)) } },
      'Expected at most 8192 characters in InputTemplate for target Target0, got 8193',
    ],
    [
      {
        inputTransformer: {
          inputPathsMap: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`v${i}`, '$.id'])),
          inputTemplate: '{}',
        },
      },
      'Expected at most 100 entries in InputPathsMap for target Target0, got 101',
    ],
  ])('%j is rejected: %s', (target, message) => {
    expect(() => compileInput('Target0', target)).toThrow(
      expect.objectContaining({ name: 'ValidationException', message }),
    );
  });
});

describe('a variable of a template', () => {
  test.each([
    ['$.detail.name', '{"a":<x>}', { a: 'n1' }],
    ['$.detail.quoted', '{"a":<x>}', { a: 'say "hi"' }],
    ['$.detail.count', '{"a":<x>}', { a: 3 }],
    ['$.detail.on', '{"a":<x>}', { a: true }],
    ['$.detail.none', '{"a":<x>}', { a: null }],
    ['$.detail.nested', '{"a":<x>}', { a: { k: 'v' } }],
    ['$.detail.list', '{"a":<x>}', { a: ['A', 'B'] }],
    ['$.detail.missing', '{"a":<x>}', { a: '' }],
    ['$.detail.name', '{"a":"p <x> <x>"}', { a: 'p n1 n1' }],
    ['$.detail.count', '{"a":"p <x>"}', { a: 'p 3' }],
    ['$.detail.on', '{"a":"p <x>"}', { a: 'p true' }],
    ['$.detail.none', '{"a":"p <x>"}', { a: 'p null' }],
    ['$.detail.nested', '{"a":"p <x>"}', { a: 'p {k:v}' }],
    ['$.detail.list', '{"a":"p <x>"}', { a: 'p [A,B]' }],
    ['$.detail.missing', '{"a":"p <x>"}', { a: 'p ' }],
    ['$.detail.name', '"Order <x>"', 'Order n1'],
    ['$.detail.nested', '<x>', { k: 'v' }],
    ['$.detail.name', '{"a":"\\"<x>\\"","b":<x>,"c":"x < y"}', { a: '"n1"', b: 'n1', c: 'x < y' }],
  ])('for %s makes %s to %j', (path, template, expected) => {
    expect(filled(template, path)).toEqual(expected);
  });

  test('within quotes is not escaped, so a quote in it makes the delivery fail with INVALID_JSON', () => {
    expect(() => filled('{"a":"p <x>"}', '$.detail.quoted')).toThrow(
      expect.objectContaining({ name: 'TargetError', code: 'INVALID_JSON' }),
    );
  });

  test('may be one of the reserved, without a map', () => {
    const { detail: _, 'detail-type': detailType, ...others } = event;
    expect(
      inputOf({
        inputTransformer: {
          inputTemplate:
            '{"arn":<aws.events.rule-arn>,"text":"<aws.events.rule-name> <aws.events.event.ingestion-time>",' +
            '"event":<aws.events.event>,"json":<aws.events.event.json>}',
        },
      }),
    ).toEqual({
      arn: context.ruleArn,
      text: `Steps ${context.ingestionTime}`,
      event: { ...others, detailType },
      json: event,
    });
  });

  test('outside of quotes carries any JSON value unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const transformer = { inputPathsMap: { x: '$.detail.x' }, inputTemplate: '{"a":<x>,"b":[<x>]}' };
        const input = compileInput('t', { inputTransformer: transformer })({ detail: { x: value } }, context);
        const same = JSON.parse(JSON.stringify(value));
        expect(input).toEqual({ a: same, b: [same] });
      }),
    );
  });
});

describe('a path', () => {
  test.each([
    ['$', event],
    ['$.detail-type', 'Order'],
    ['$.resources[1]', 'r2'],
    ['$.resources[2]', undefined],
    ['$.detail.items[0].id', 1],
    ['$.detail.items[*].id', [1, 2]],
    ['$.detail.list.*', ['A', 'B']],
    ['$.detail.nested.*', ['v']],
    ['$.detail.list.length', undefined],
    ['$.detail.name.length', undefined],
    ['$.detail.toString', undefined],
    ['$.missing[*]', undefined],
  ])('%s finds %j', (path, expected) => {
    expect(compileJsonPath(path)(event)).toEqual(expected);
  });

  test.each([
    '',
    'detail',
    '$detail',
    '$.',
    '$.a b',
    "$['a']",
    '$..a',
    '$.a[',
    '$.a[-1]',
    '$.a[?(@.b)]',
    '$.a.',
  ])('%j is rejected', (path) => {
    expect(() => compileJsonPath(path)).toThrow(expect.objectContaining({ name: 'ValidationException' }));
  });
});
