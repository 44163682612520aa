/**
 * Checks input schemas at synthesis, so that no input can make validation fail or run forever.
 */
import type { RegExpEngine } from 'ajv/dist/types/index.js';
import { analyse } from 'scslre';
import { createAjv } from '../core/input-schema.ts';
import { InvalidDefinition } from './errors.ts';

/**
 * Throws {@link InvalidDefinition} for a schema that does not compile, or whose patterns can take
 * exponential time. Quadratic patterns, and those that the analysis misses (such as `(a|a)*`), are
 * bounded by the time limit when an input is validated.
 */
export function checkInputSchema(
  definition: string,
  schema: unknown,
): asserts schema is Record<string, unknown> {
  const reject = (problem: string): never => {
    throw new InvalidDefinition(definition, `input.schema.json ${problem}`);
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
