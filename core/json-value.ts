/** Rules for every JSON value from a caller, independent of its schema. */
import type { Problem } from './errors.ts';

/** Maximum nesting of objects and arrays; the outermost one counts as 1. */
const MAX_DEPTH = 200;

/** Returns one problem if the value nests too deeply for recursive functions. */
export function depthProblems(root: unknown): Problem[] {
  // Not recursive itself: a request of 1 MB can hold 500,000 levels, more than a call stack.
  let level = [root].filter(isHolder);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return [{ path: '', message: `nests deeper than ${MAX_DEPTH} levels` }];
    level = level.flatMap((holder) => Object.values(holder)).filter(isHolder);
  }
  return [];
}

/**
 * Returns the path of every number that may have lost precision. Expects a value without
 * {@link depthProblems}.
 *
 * A caller's 9007199254740993 arrives as ...992, and the two cannot be distinguished. Therefore
 * every integer beyond 2^53 - 1 is a problem, including 6.022e23. Fractions are doubles (IEEE 754),
 * as RFC 8259, section 6, expects.
 */
export function numberProblems(value: unknown, path: readonly string[] = []): Problem[] {
  if (typeof value === 'number') {
    const message = numberProblem(value);
    return message ? [{ path: toPointer(path), message }] : [];
  }
  if (!isHolder(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => numberProblems(member, [...path, key]));
}

/** Returns why a number is rejected; undefined if it is accepted. */
export function numberProblem(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'is too large for a number (at most 1.8e308): send it as a string';
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `is an integer beyond ${Number.MAX_SAFE_INTEGER}, which may have lost digits: send it as a string`;
  }
  return undefined;
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Converts keys to a JSON Pointer: https://www.rfc-editor.org/rfc/rfc6901 */
export function toPointer(keys: readonly (string | number)[]): string {
  return keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
