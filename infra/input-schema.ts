/**
 * What an input schema must be, so that no input can make its check fail or take forever.
 */
import type { RegExpEngine } from 'ajv/dist/types/index.js';
import { analyse } from 'scslre';
import { createAjv } from '../core/input-schema.ts';
import { InvalidDefinition } from './errors.ts';

/**
 * Throws {@link InvalidDefinition} for a schema that does not compile, or that calls for a pattern
 * of exponential time. A pattern that only takes quadratic time, and what the analysis does not see
 * (such as `(a|a)*`), is bounded when an input is checked.
 */
export function checkInputSchema(
  definition: string,
  schema: unknown,
): asserts schema is Record<string, unknown> {
  const refuse = (problem: string): never => {
    throw new InvalidDefinition(definition, `input.schema.json ${problem}`);
  };
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) refuse('must be a JSON object');
  // Its checks would be promises, which are true whatever the input is.
  if ((schema as { $async?: unknown }).$async) refuse('must not be $async');

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
    return refuse(`is not a JSON Schema (2020-12) that compiles: ${(error as Error).message}`);
  }
  try {
    for (const value of [{}, []]) validate(value);
  } catch (error) {
    refuse(`cannot be checked: ${(error as Error).message}; does a $ref lead back to itself?`);
  }
  for (const [pattern, expression] of patterns) {
    const repeated = analyse(expression).reports.find(({ exponential }) => exponential);
    if (!repeated) continue;
    refuse(
      `has the pattern [${pattern}], which can take exponential time: what is repeated within it can match the ` +
        `same text in many ways (as in (a+)+). Write it so that there is one way`,
    );
  }
}
