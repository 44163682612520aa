import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkInputSchema } from './input-schema.ts';

describe('an input schema', () => {
  it.each([
    ['pattern', { properties: { a: { pattern: '^(a+)+$' } } }],
    ['patternProperties', { patternProperties: { '^(a+)+$': {} } }],
    ['propertyNames', { propertyNames: { pattern: '^(a+)+$' } }],
    ['a schema by reference', { $defs: { x: { pattern: '^(a+)+$' } }, items: { $ref: '#/$defs/x' } }],
    ['a lookahead', { pattern: '^(?=(a+)+$)' }, '^(?=(a+)+$)'],
    ['words', { pattern: '^(\\w+\\s?)*$' }, '^(\\w+\\s?)*$'],
  ])(
    'with a pattern of exponential time in %s is rejected by that pattern',
    (_, schema, pattern = '^(a+)+$') => {
      expect(() => checkInputSchema('order', schema)).toThrow(
        `Definition [order]: input.schema.json has the pattern [${pattern}], which can take exponential time`,
      );
    },
  );

  it.each([
    ['that is not an object', true, 'must be a JSON object'],
    ['whose check would be a promise', { $async: true }, 'must not be $async'],
    ['with an unknown type', { type: 'strin' }, 'not a JSON Schema (2020-12) that compiles'],
    ['with an invalid pattern', { pattern: '\\-' }, 'Invalid escape'],
    ['with a reference to nothing', { $ref: '#/$defs/x' }, "can't resolve reference"],
    ['with a reference to another file', { $ref: 'https://example.com/x.json' }, "can't resolve reference"],
    ['of another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, 'draft-07'],
    ['that refers to itself without end', { allOf: [{ $ref: '#' }] }, 'cannot be evaluated'],
  ])('%s is rejected', (_, schema, message) => {
    expect(() => checkInputSchema('order', schema)).toThrow(message);
  });

  it('with the patterns that people and zod write is accepted', () => {
    const text = z.object({
      email: z.email(),
      id: z.uuid(),
      at: z.iso.datetime(),
      day: z.iso.date(),
      url: z.url(),
      data: z.base64(),
      ip: z.ipv6(),
      slug: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
      // Quadratic.
      contact: z.string().regex(/\S+@\S+/),
    });
    expect(() => checkInputSchema('order', z.toJSONSchema(text))).not.toThrow();
    for (const sample of ['order', 'shipping']) {
      const file = join(import.meta.dirname, '../steps', sample, 'input.schema.json');
      expect(() => checkInputSchema(sample, JSON.parse(readFileSync(file, 'utf8')))).not.toThrow();
    }
  });
});
