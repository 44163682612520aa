/**
 * What a definition takes as its input, checked with Ajv (JSON Schema 2020-12, with the formats of ajv-formats).
 */

import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Definition } from '../data/definitions.ts';
import { InvalidInput, type Problem } from './errors.ts';

/** A request to AppSync holds 1 MB, and an input travels in it escaped. */
const MAX_INPUT_BYTES = 700_000;

const MAX_PROBLEMS = 1_000;
const validators = new Map<string, ValidateFunction>();

/**
 * The input as a value. AppSync parses AWSJSON for its resolvers; text is taken too, should it arrive as text.
 * Throws {@link InvalidInput} with every path that breaks the schema (the first 1,000).
 */
export function parseInput(definition: Definition, argument: unknown): unknown {
  const input = typeof argument === 'string' ? parseJson(argument) : argument;
  if (typeof input !== 'object' || input === null) {
    throw new InvalidInput('The input must be a JSON object or array', [
      { path: '', message: 'must be an object or array' },
    ]);
  }
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > MAX_INPUT_BYTES) {
    throw new InvalidInput(`The input has ${bytes} bytes of JSON, and ${MAX_INPUT_BYTES} is the limit`);
  }
  const validate = validatorOf(definition);
  if (!validate(input)) {
    const problems = (validate.errors ?? []).slice(0, MAX_PROBLEMS).map(toProblem);
    throw new InvalidInput(
      `The input does not fit the schema of [${definition.name}]: ${problems
        .slice(0, 5)
        .map(({ path, message }) => `${path || 'it'} ${message}`)
        .join('; ')}${problems.length > 5 ? `; and ${problems.length - 5} more` : ''}`,
      problems,
    );
  }
  return input;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new InvalidInput(`The input is no JSON: ${(cause as Error).message}`), { cause });
  }
}

function validatorOf({ name, inputSchema }: Definition): ValidateFunction {
  let validate = validators.get(name);
  if (!validate) {
    const ajv = new Ajv2020({ allErrors: true, strict: false });
    addFormats.default(ajv);
    validate = ajv.compile(inputSchema);
    validators.set(name, validate);
  }
  return validate;
}

function toProblem({ instancePath, message, params, keyword }: ErrorObject): Problem {
  // Where the fault is a key's name, the path that helps is that of the key.
  const key = keyword === 'additionalProperties' ? params.additionalProperty : params.missingProperty;
  const path =
    typeof key === 'string'
      ? `${instancePath}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      : instancePath;
  if (keyword === 'additionalProperties') return { path, message: 'is not known' };
  if (keyword === 'required') return { path, message: 'is missing' };
  return { path, message: message ?? `breaks the rule "${keyword}"` };
}
