import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readInputSchema } from './input-schema.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'input-schema-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Reads a schema from a file. */
function read(schema: unknown) {
  writeFileSync(join(folder, 'input.schema.json'), JSON.stringify(schema));
  return readInputSchema('order', { folder });
}

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
      expect(() => read(schema)).toThrow(
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
    expect(() => read(schema)).toThrow(message);
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
    expect(() => read(z.toJSONSchema(text))).not.toThrow();
    for (const sample of ['order', 'shipping']) {
      const folder = join(import.meta.dirname, '../steps', sample);
      expect(() => readInputSchema(sample, { folder })).not.toThrow();
    }
  });

  it('may be a Standard Schema, whose JSON Schema is that of its input', () => {
    const input = z.object({ day: z.iso.date(), note: z.string().default('') });
    const transformed = z.string().transform((text) => text.length);
    expect(readInputSchema('order', { folder, input })).toMatchObject({
      type: 'object',
      properties: { day: { type: 'string', format: 'date' }, note: { default: '' } },
      required: ['day'],
    });
    expect(readInputSchema('order', { folder, input: transformed })).toMatchObject({ type: 'string' });
  });

  it.each([
    [{ input: z.date() }, '`input` cannot be converted to JSON Schema: Date cannot be represented'],
    [
      { input: { '~standard': { version: 1, vendor: 'old' } } as never },
      '`input` has no JSON Schema: use zod',
    ],
    [{ input: z.string().regex(/^(a+)+$/) }, '`input` has the pattern [^(a+)+$], which can take exponential'],
    [{}, 'input.schema.json does not exist: write it, or set `input` to a schema'],
  ])('%# that is a prop nobody can use is rejected', (props, message) => {
    expect(() => readInputSchema('order', { folder, ...props })).toThrow(message);
  });

  it('is a file or a prop', () => {
    read({});
    expect(() => readInputSchema('order', { folder, input: z.string() })).toThrow(
      'Expected one schema of the input, got the prop `input` and input.schema.json: remove one',
    );
    writeFileSync(join(folder, 'input.schema.json'), '{');
    expect(() => readInputSchema('order', { folder })).toThrow('input.schema.json is not valid JSON: ');
  });
});
