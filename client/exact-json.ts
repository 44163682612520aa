/** Creates an error for a part of a value. The path is a JSON Pointer (RFC 6901). */
type ToError = (path: string, problem: string) => Error;

/**
 * Serializes a value to JSON without silent loss. Only undefined members are omitted.
 *
 * JSON.stringify alone writes null for NaN and invalid Dates, and `{}` for a Map. Dates and other
 * objects with a `toJSON` are serialized by it.
 *
 * Throws the given error for values that JSON would change, and the errors of JSON.stringify for
 * values that are circular, too deep, or too long for a string. `onMember` is called with each
 * member before it is serialized, and can throw a RangeError to stop.
 */
export function exactJson(
  value: unknown,
  toError: ToError,
  onMember?: (key: string, member: unknown) => void,
): string {
  try {
    return stringify(value, toError, onMember);
  } catch (error) {
    // Out of space: on the stack, in a string, or for the caller.
    if (error instanceof RangeError) throw error;
    // Paths are only built if needed: they take more time and memory than the text.
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
  // that would be written as `{}`.
  const kind = Object.prototype.toString.call(member).slice(8, -1);
  if (kind === 'Object' || kind === 'Array') return undefined;
  return `is ${typeof member === 'number' ? member : `a ${kind}`}, which JSON cannot represent`;
}
