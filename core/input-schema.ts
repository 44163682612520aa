/**
 * Validates an input against the schema of its definition (JSON Schema 2020-12 with the formats of
 * ajv-formats).
 *
 * A validation ends after 2 s at the latest. Patterns and recursive schemas with alternatives can
 * take exponential time.
 */
import { createContext, Script } from 'node:vm';
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { canonicalJson } from './canonical-json.ts';
import { InvalidInput, type Problem } from './errors.ts';
import { toPointer } from './json-value.ts';

/** Much more than the largest input needs, and a small part of a function's 15 s. */
const MAX_CHECK_MS = 2_000;

/**
 * All problems are only collected for small inputs and within a short time, because their number
 * can exceed the size of the input.
 */
const MAX_COLLECT_BYTES = 64_000;
const MAX_COLLECT_MS = 250;

type Validators = { first: ValidateFunction; all?: ValidateFunction };

/** Cached by schema: compiling one takes longer than most validations. */
const validators = new WeakMap<object, Validators>();

/** Creates the Ajv that validates inputs. The construct uses it to compile each schema. */
export function createAjv(options: Options = {}): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, ...options });
  addFormats.default(ajv);
  // Ajv's own keyword compares all pairs of items: 40,000 objects take half a minute.
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
 * Returns the problems of an input: all of them up to 64 kB of input, otherwise the first one.
 * Throws {@link InvalidInput} if the validation takes too long.
 */
export function schemaProblems(schema: Record<string, unknown>, input: unknown, bytes: number): Problem[] {
  let known = validators.get(schema);
  if (!known) {
    known = { first: createAjv().compile(schema) };
    validators.set(schema, known);
  }
  const first = errorsWithin(MAX_CHECK_MS, known.first, input);
  if (first === 'late') {
    throw new InvalidInput(`Could not validate the input against its schema within ${MAX_CHECK_MS} ms`, [
      { path: '', message: 'takes too long to validate' },
    ]);
  }
  if (first.length === 0 || bytes > MAX_COLLECT_BYTES) return first.map(toProblem);
  known.all ??= createAjv({ allErrors: true }).compile(schema);
  const all = errorsWithin(MAX_COLLECT_MS, known.all, input);
  return (all === 'late' ? first : all).map(toProblem);
}

/** Node can only interrupt a script, even in the middle of a regular expression. */
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
  // If a key is the problem, its own path is the most helpful.
  const key = keyword === 'additionalProperties' ? params.additionalProperty : params.missingProperty;
  const path = typeof key === 'string' ? instancePath + toPointer([key]) : instancePath;
  if (keyword === 'additionalProperties') return { path, message: 'is unknown' };
  if (keyword === 'required') return { path, message: 'is missing' };
  return { path, message: message ?? `violates "${keyword}"` };
}
