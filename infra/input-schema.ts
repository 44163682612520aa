/**
 * Checks input schemas at synthesis, so that no input can make validation fail or run forever.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import type { RegExpEngine } from 'ajv/dist/types/index.js';
import { analyse } from 'scslre';
import { createAjv } from '../core/input-schema.ts';
import { InvalidDefinition } from './errors.ts';

const FILE = 'input.schema.json';

/**
 * Returns the JSON Schema of the input: that of the prop, or the file's. Throws
 * {@link InvalidDefinition}.
 */
export function readInputSchema(
  definition: string,
  { folder, input }: { folder: string; input?: StandardJSONSchemaV1 },
): Record<string, unknown> {
  const file = join(folder, FILE);
  const reject = (problem: string): never => {
    throw new InvalidDefinition(definition, problem);
  };
  const exists = existsSync(file);
  if (input && exists)
    reject(`Expected one schema of the input, got the prop \`input\` and ${FILE}: remove one`);
  if (!input && !exists)
    reject(`${file} does not exist: write it, or set \`input\` to a schema, such as zod's`);
  const schema = input ? jsonSchemaOf(input, reject) : parse(file, reject);
  checkInputSchema(definition, schema, input ? '`input`' : FILE);
  return schema;
}

function jsonSchemaOf(input: StandardJSONSchemaV1, reject: (problem: string) => never): unknown {
  const { jsonSchema } = input['~standard'] ?? {};
  if (typeof jsonSchema?.input !== 'function') {
    return reject(`\`input\` has no JSON Schema: use zod 4.2 or newer, or write ${FILE}`);
  }
  try {
    return jsonSchema.input({ target: 'draft-2020-12' });
  } catch (error) {
    return reject(`\`input\` cannot be converted to JSON Schema: ${(error as Error).message}`);
  }
}

function parse(file: string, reject: (problem: string) => never): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return reject(`${file} is not valid JSON: ${(error as Error).message}`);
  }
}

/**
 * Throws {@link InvalidDefinition} for a schema that does not compile, or whose patterns can take
 * exponential time. Quadratic patterns, and those that the analysis misses (such as `(a|a)*`), are
 * bounded by the time limit when an input is validated.
 */
function checkInputSchema(
  definition: string,
  schema: unknown,
  place: string,
): asserts schema is Record<string, unknown> {
  const reject = (problem: string): never => {
    throw new InvalidDefinition(definition, `${place} ${problem}`);
  };
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) reject('must be a JSON object');
  // It would validate to a promise, which is truthy for every input.
  if ((schema as { $async?: unknown }).$async) reject('must not be $async');

  const patterns = new Map<string, RegExp>();
  const collecting: RegExpEngine = Object.assign(
    (pattern: string, flags: string) => {
      const expression = new RegExp(pattern, flags);
      patterns.set(pattern, expression);
      return expression;
    },
    { code: 'new RegExp' },
  );
  const ajv = createAjv({ code: { regExp: collecting } });
  let validate: (value: unknown) => unknown;
  try {
    validate = ajv.compile(schema as Record<string, unknown>);
  } catch (error) {
    return reject(`is not a JSON Schema (2020-12) that compiles: ${(error as Error).message}`);
  }
  try {
    for (const value of [{}, []]) validate(value);
  } catch (error) {
    reject(`cannot be evaluated: ${(error as Error).message}. Check for a $ref that refers to itself`);
  }
  for (const [pattern, expression] of patterns) {
    const repeated = analyse(expression).reports.find(({ exponential }) => exponential);
    if (!repeated) continue;
    reject(
      `has the pattern [${pattern}], which can take exponential time: a repeated part can match the same ` +
        `text in several ways, as in (a+)+. Rewrite it so that each text matches in one way only`,
    );
  }
}
