/**
 * Checking an input against the schema of its definition (JSON Schema 2020-12, with the formats of
 * ajv-formats).
 *
 * Whatever schema and input are, a check ends after 2 s: a pattern can take exponential time, and
 * so can a recursive schema with alternatives.
 */
import { createContext, Script } from 'node:vm';
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { canonicalJson } from './canonical-json.ts';
import { InvalidInput, type Problem } from './errors.ts';
import { toPointer } from './json-value.ts';

/** Much more than an input of the largest size needs, and little of a function's 15 s. */
const MAX_CHECK_MS = 2_000;

/**
 * All problems are collected from small inputs only, and not for long: their number can exceed the
 * input's size.
 */
const MAX_COLLECT_BYTES = 64_000;
const MAX_COLLECT_MS = 250;

type Validators = { first: ValidateFunction; all?: ValidateFunction };

/** By the schema itself: compiling one takes longer than most checks. */
const validators = new WeakMap<object, Validators>();

/** An Ajv as inputs are checked with; the construct uses it to see whether a schema compiles. */
export function createAjv(options: Options = {}): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, ...options });
  addFormats.default(ajv);
  // Ajv's own compares each item with each other: 40,000 objects take half a minute.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    errors: false,
    validate: (unique: boolean, items: unknown[]) =>
      !unique || new Set(items.map(canonicalJson)).size === items.length,
  });
  return ajv;
}

/**
 * What breaks the schema: every problem of an input up to 64 kB, else the first one. Throws
 * {@link InvalidInput} when the check takes too long.
 */
export function schemaProblems(schema: Record<string, unknown>, input: unknown, bytes: number): Problem[] {
  let known = validators.get(schema);
  if (!known) {
    known = { first: createAjv().compile(schema) };
    validators.set(schema, known);
  }
  const first = errorsWithin(MAX_CHECK_MS, known.first, input);
  if (first === 'late') {
    throw new InvalidInput(`The input took more than ${MAX_CHECK_MS} ms to check against its schema`, [
      { path: '', message: 'takes too long to check' },
    ]);
  }
  if (first.length === 0 || bytes > MAX_COLLECT_BYTES) return first.map(toProblem);
  known.all ??= createAjv({ allErrors: true }).compile(schema);
  const all = errorsWithin(MAX_COLLECT_MS, known.all, input);
  return (all === 'late' ? first : all).map(toProblem);
}

/**
 * A script is the only code that Node ends from outside, also in the middle of a regular
 * expression.
 */
const script = new Script('check()');
const box: { check?: () => void } = {};
const context = createContext(box);

function errorsWithin(timeout: number, validate: ValidateFunction, input: unknown): ErrorObject[] | 'late' {
  let valid = false;
  box.check = () => {
    valid = validate(input);
  };
  try {
    script.runInContext(context, { timeout });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return 'late';
  } finally {
    delete box.check;
  }
  return valid ? [] : (validate.errors ?? []);
}

function toProblem({ instancePath, message, params, keyword }: ErrorObject): Problem {
  // Where the fault is a key's name, the path that helps is that of the key.
  const key = keyword === 'additionalProperties' ? params.additionalProperty : params.missingProperty;
  const path = typeof key === 'string' ? instancePath + toPointer([key]) : instancePath;
  if (keyword === 'additionalProperties') return { path, message: 'is not known' };
  if (keyword === 'required') return { path, message: 'is missing' };
  return { path, message: message ?? `breaks the rule "${keyword}"` };
}
