/**
 * Reference paths of the Amazon States Language, which name one place in a JSON value. Paths to
 * many places (`[*]`, `..`, slices, filters) are rejected before an execution starts.
 *
 * @see https://states-language.net/spec.html#ref-paths
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
 */
import { isObject, type JsonObject, type JsonValue } from '../../common/json.ts';

/**
 * A parsed path: `$.a[0]` is `data`, `['a', 0]`; `$$.State.Name` is `context`, `['State', 'Name']`;
 * `$order.id` is `variables`, `['order', 'id']`.
 */
export type ReferencePath = { root: 'data' | 'context' | 'variables'; steps: (string | number)[] };

/** What paths refer to besides the data: `$$` is the context object, `$name` a variable. */
export type Bindings = { context: JsonObject; variables: JsonObject };

/** The values that paths refer to: `$` is the data of the state. */
export type Scope = Bindings & { data: JsonValue };

/**
 * The name of a variable.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 */
export const VARIABLE_NAME = /^(?!states$)\p{ID_Start}\p{ID_Continue}{0,79}$/u;

const STEP = /\.([\p{L}\p{N}_-]+)|\['([^'\\]+)'\]|\["([^"\\]+)"\]|\[(\d+)\]/gu;
const PATH = new RegExp(`^\\$(\\$|[^$.[]*)((?:${STEP.source})*)$`, 'u');

/** Parses a path; returns undefined for a text that is not a reference path. */
export function parsePath(text: string): ReferencePath | undefined {
  const [, start, rest = ''] = PATH.exec(text) ?? [];
  if (start === undefined) return undefined;
  const steps = Array.from(rest.matchAll(STEP), ([, name, quoted, doubleQuoted, index]) =>
    index === undefined ? String(name ?? quoted ?? doubleQuoted) : Number(index),
  );
  if (start === '') return { root: 'data', steps };
  if (start === '$') return { root: 'context', steps };
  return VARIABLE_NAME.test(start) ? { root: 'variables', steps: [start, ...steps] } : undefined;
}

/**
 * Returns the value at the path; undefined if it does not exist. A name applies only to objects, an
 * index only to lists.
 */
export function lookUp(path: ReferencePath, scope: Scope): JsonValue | undefined {
  let value: JsonValue | undefined = scope[path.root];
  for (const step of path.steps) {
    if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined;
    else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

/**
 * Returns a copy of `target` with `value` at the path, creating missing objects on the way;
 * undefined if a value on the way is not an object.
 */
export function assign(
  target: JsonValue | undefined,
  [step, ...rest]: string[],
  value: JsonValue,
): JsonValue | undefined {
  if (step === undefined) return value;
  const parent = target === undefined ? {} : target;
  if (!isObject(parent)) return undefined;
  const child = assign(Object.hasOwn(parent, step) ? parent[step] : undefined, rest, value);
  return child === undefined ? undefined : { ...parent, [step]: child };
}
