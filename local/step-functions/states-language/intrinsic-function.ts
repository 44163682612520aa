import { randomUUID } from 'node:crypto';
import type { JsonValue } from '../../common/json.ts';
import { callIntrinsic } from './engine.ts';
import { lookUp, parsePath, type Scope } from './reference-path.ts';
import { runtimeFailure } from './state-failure.ts';

/**
 * The intrinsic functions whose results equal those of Step Functions. All others are rejected
 * before an execution starts: the engine loses backslashes (functions that return text),
 * hashes wrongly, changes its arguments (`JsonMerge`), includes the end of a range (`MathRandom`),
 * does not round (`MathAdd`), treats a missing item as null (`ArrayGetItem`).
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
  'Format',
  'UUID',
];

const TOKEN =
  /\s*(?:States\.(?<call>\w+)\(|'(?<text>[^'\\]*)'|(?<path>\$(?:[^\s,()'"[]|\['[^']*'\]|\["[^"]*"\]|\[\d+\])*)|(?<literal>-?\d[\d.eE+-]*|true|false|null)|[,)])\s*/uy;

/** A parsed call. Its arguments are values, paths, or calls. */
export type IntrinsicCall = { name: string; arguments: Argument[] };
type Argument = { value: JsonValue } | { path: string } | IntrinsicCall;

/** Returns whether a text is a call of an intrinsic function. */
export function isIntrinsic(text: string): boolean {
  return text.startsWith('States.');
}

/**
 * Parses a call. For a text that cannot run, it returns a phrase that names what is not valid or
 * not supported.
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

/** Returns the paths in a call, also those in its inner calls. */
export function pathsOf({ arguments: args }: IntrinsicCall): string[] {
  return args.flatMap((argument) =>
    'path' in argument ? [argument.path] : 'name' in argument ? pathsOf(argument) : [],
  );
}

/**
 * Evaluates a call that {@link parseIntrinsic} accepts. Throws a `States.Runtime` failure for
 * invalid arguments.
 */
export async function evaluateIntrinsic(text: string, scope: Scope): Promise<JsonValue> {
  const call = parseIntrinsic(text);
  if (typeof call === 'string') throw runtimeFailure(`Not supported by the local runtime: ${call}`);
  return evaluateCall(call, text, scope);
}

async function evaluateCall(call: IntrinsicCall, text: string, scope: Scope): Promise<JsonValue> {
  const values = await Promise.all(
    call.arguments.map((argument) => {
      if ('value' in argument) return argument.value;
      return 'path' in argument ? valueAt(argument.path, text, scope) : evaluateCall(argument, text, scope);
    }),
  );
  if (call.name === 'UUID') return randomUUID();
  if (call.name === 'Format') return format(values, text);
  // The engine receives every argument as a value by name, because it misinterprets literals and
  // some paths.
  const names = values.map((_, index) => `$.v${index}`);
  const byName = Object.fromEntries(values.map((value, index) => [`v${index}`, value]));
  // In a list, because the engine changes a text that is the whole result.
  const expression = `States.Array(States.${call.name}(${names.join(', ')}))`;
  const [value = null] = (await callIntrinsic(expression, byName)) as JsonValue[];
  return value;
}

/** Replaces each `{}`. The engine loses backslashes. Step Functions prints lists as Java does. */
function format([template, ...values]: JsonValue[], call: string): string {
  const parts = typeof template === 'string' ? template.split('{}') : [];
  if (parts.length !== values.length + 1) {
    throw runtimeFailure(`Expected a text with one {} for each of ${values.length} values in '${call}'`);
  }
  const texts = values.map((value) => {
    if (typeof value === 'string') return value;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    throw runtimeFailure(`Not supported by the local runtime: a list or an object in '${call}'`);
  });
  return parts.map((part, index) => part + (texts[index] ?? '')).join('');
}

function valueAt(text: string, call: string, scope: Scope): JsonValue {
  const path = parsePath(text);
  const value = path && lookUp(path, scope);
  if (value === undefined) throw runtimeFailure(`The JSONPath '${text}' in '${call}' leads to no value`);
  return value;
}
