/**
 * Reference paths of the Amazon States Language: they name one place in a JSON value, and nothing
 * more. What names many places (`[*]`, `..`, slices, filters) is refused before an execution
 * starts.
 *
 * @see https://states-language.net/spec.html#ref-paths
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
 */
import { isObject, type JsonObject, type JsonValue } from '../../common/json.ts';

/**
 * A path in parts: `$.a[0]` is `data`, `['a', 0]`; `$$.State.Name` is `context`,
 * `['State', 'Name']`.
 */
export type ReferencePath = { root: 'data' | 'context'; steps: (string | number)[] };

/** What paths are looked up in: `$` is the data of the state, `$$` the context object. */
export type Scope = { data: JsonValue; context: JsonObject };

const STEP = /\.([\p{L}\p{N}_-]+)|\['([^'\\]+)'\]|\["([^"\\]+)"\]|\[(\d+)\]/gu;
const PATH = new RegExp(`^\\$(\\$?)((?:${STEP.source})*)$`, 'u');

/** The path in parts; undefined for a text that is no reference path. */
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
 * What stands at the path; undefined where nothing does. A name leads only into objects, an index
 * only into lists.
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
 * A copy of `target` with `value` at the path, in objects made on the way where there were none;
 * undefined where something that is no object is in the way.
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
