/**
 * Reference paths of the Amazon States Language, which name one place in a JSON value. Paths to
 * many places (`[*]`, `..`, slices, filters) are rejected before an execution starts.
 *
 * @see https://states-language.net/spec.html#ref-paths
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
 */
import { isObject, type JsonObject, type JsonValue } from '../../common/json.ts';

/**
 * A parsed path: `$.a[0]` is `data`, `['a', 0]`; `$$.State.Name` is `context`, `['State', 'Name']`.
 */
export type ReferencePath = { root: 'data' | 'context'; steps: (string | number)[] };

/** The values that paths refer to: `$` is the data of the state, `$$` the context object. */
export type Scope = { data: JsonValue; context: JsonObject };

const STEP = /\.([\p{L}\p{N}_-]+)|\['([^'\\]+)'\]|\["([^"\\]+)"\]|\[(\d+)\]/gu;
const PATH = new RegExp(`^\\$(\\$?)((?:${STEP.source})*)$`, 'u');

/** Parses a path; returns undefined for a text that is not a reference path. */
export function parsePath(text: string): ReferencePath | undefined {
  const [, context, steps = ''] = PATH.exec(text) ?? [];
  if (context === undefined) return undefined;
  return {
    root: context === '$' ? 'context' : 'data',
    steps: Array.from(steps.matchAll(STEP), ([, name, quoted, doubleQuoted, index]) =>
      index === undefined ? String(name ?? quoted ?? doubleQuoted) : Number(index),
    ),
  };
}

/**
 * Returns the value at the path; undefined if it does not exist. A name applies only to objects, an
 * index only to lists.
 */
export function lookUp(path: ReferencePath, { data, context }: Scope): JsonValue | undefined {
  let value: JsonValue | undefined = path.root === 'context' ? context : data;
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
