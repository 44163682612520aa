/** An error for one part of a value; the path is a JSON Pointer (RFC 6901). */
type ToError = (path: string, problem: string) => Error;

/**
 * The value as a JSON text, from which nothing is missing but members that are undefined.
 * JSON.stringify alone makes null of NaN and of an invalid Date, and `{}` of a Map. Dates and other
 * objects with a `toJSON` are what that gives.
 *
 * Throws the given error for what JSON would change, and what JSON.stringify throws for a value
 * that holds itself, nests too deeply, or is too long for a string. `onMember` sees each part of
 * the value before it becomes text; to stop there, it throws a RangeError.
 */
export function exactJson(
  value: unknown,
  toError: ToError,
  onMember?: (key: string, member: unknown) => void,
): string {
  try {
    return stringify(value, toError, onMember);
  } catch (error) {
    // No more room: on the stack, in a string, or for the caller.
    if (error instanceof RangeError) throw error;
    // Paths are made only where they are needed: they take more time and memory than the text.
    return stringify(value, toError, undefined, new Map());
  }
}

function stringify(
  value: unknown,
  toError: ToError,
  onMember?: (key: string, member: unknown) => void,
  paths?: Map<unknown, string>,
): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, member: unknown) {
    const holder = paths?.get(this);
    const path = holder === undefined ? '' : `${holder}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`;
    const problem = problemOf(member, this[key], Array.isArray(this) || !key);
    if (problem) throw toError(path, problem);
    onMember?.(key, member);
    paths?.set(member, path);
    return member;
  });
}

function problemOf(member: unknown, original: unknown, required: boolean): string | undefined {
  if (member === undefined) return required ? 'is undefined' : undefined;
  if (member === null) return original === null ? undefined : 'becomes null';
  if (Number.isFinite(member) || typeof member === 'string' || typeof member === 'boolean') return undefined;
  // NaN and infinities, functions, symbols, bigints; Map, Set, Promise, typed arrays and others
  // that become `{}`.
  const kind = Object.prototype.toString.call(member).slice(8, -1);
  if (kind === 'Object' || kind === 'Array') return undefined;
  return `is ${typeof member === 'number' ? member : `a ${kind}`}, which JSON cannot hold`;
}
