import { randomUUID } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { callIntrinsic } from './engine.ts';
import { lookUp, parsePath, type Scope } from './reference-path.ts';
import { runtimeFailure } from './state-failure.ts';

/**
 * The intrinsic functions that give what Step Functions gives. All others are refused before an
 * execution starts: the engine loses backslashes (every function that returns text), hashes
 * wrongly, changes its arguments (`JsonMerge`), counts the end of a range in (`MathRandom`), does
 * not round (`MathAdd`), takes a missing item for null (`ArrayGetItem`).
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 */
const FUNCTIONS = [
  'Array',
  'ArrayContains',
  'ArrayLength',
  'ArrayPartition',
  'ArrayRange',
  'ArrayUnique',
  'UUID',
];

const TOKEN =
  /\s*(?:States\.(?<call>\w+)\(|'(?<text>[^'\\]*)'|(?<path>\$(?:[^\s,()'"[]|\['[^']*'\]|\["[^"]*"\]|\[\d+\])*)|(?<literal>-?\d[\d.eE+-]*|true|false|null)|[,)])\s*/uy;

/** A call in parts: its arguments are values, paths, or calls. */
export type IntrinsicCall = { name: string; arguments: Argument[] };
type Argument = { value: JsonValue } | { path: string } | IntrinsicCall;

/** Whether a text is meant as a call of an intrinsic function. */
export function isIntrinsic(text: string): boolean {
  return text.startsWith('States.');
}

/**
 * The call in parts; a sentence that says what is wrong or not supported with a text that cannot be
 * run.
 */
export function parseIntrinsic(text: string): IntrinsicCall | string {
  const top: IntrinsicCall = { name: '', arguments: [] };
  const open = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    const current = open.at(-1);
    if (token?.groups === undefined || current === undefined) return `cannot read "${text.slice(at)}"`;
    const { call, text: string, path, literal } = token.groups;
    if (call !== undefined) {
      if (!FUNCTIONS.includes(call)) return `the intrinsic function States.${call}`;
      const inner = { name: call, arguments: [] };
      current.arguments.push(inner);
      open.push(inner);
    } else if (string !== undefined) current.arguments.push({ value: string });
    else if (path !== undefined) current.arguments.push({ path });
    else if (literal !== undefined) current.arguments.push({ value: JSON.parse(literal) });
    else if (token[0].trim() === ')') open.pop();
  }
  const [call] = top.arguments;
  return call && 'name' in call && open.length === 1 ? call : `cannot read "${text}"`;
}

/** The paths that a call looks at, also within its inner calls. */
export function pathsOf({ arguments: args }: IntrinsicCall): string[] {
  return args.flatMap((argument) =>
    'path' in argument ? [argument.path] : 'name' in argument ? pathsOf(argument) : [],
  );
}

/**
 * The value of a call that {@link parseIntrinsic} could read. Throws a `States.Runtime` failure for
 * arguments that do not fit.
 */
export async function evaluateIntrinsic(text: string, scope: Scope): Promise<JsonValue> {
  const call = parseIntrinsic(text);
  if (typeof call === 'string') throw runtimeFailure(`Not supported here: ${call}`);
  // The engine gets every argument as a value by name: what it makes of literals and of some paths
  // is not what they mean.
  const values: JsonObject = {};
  const name = (value: JsonValue) => {
    const variable = `v${Object.keys(values).length}`;
    values[variable] = value;
    return `$.${variable}`;
  };
  const rewrite = (argument: Argument): string => {
    if ('value' in argument) return name(argument.value);
    if ('path' in argument) return name(valueAt(argument.path, text, scope));
    if (argument.name === 'UUID') return name(randomUUID());
    return `States.${argument.name}(${argument.arguments.map(rewrite).join(', ')})`;
  };
  // In a list, because the engine changes text that is the whole result.
  const [value = null] = (await callIntrinsic(`States.Array(${rewrite(call)})`, values)) as JsonValue[];
  return value;
}

function valueAt(text: string, call: string, scope: Scope): JsonValue {
  const path = parsePath(text);
  const value = path && lookUp(path, scope);
  if (value === undefined) throw runtimeFailure(`The JSONPath '${text}' in '${call}' leads to no value`);
  return value;
}
