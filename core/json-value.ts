/**
 * What every JSON value that comes from a caller must keep to, whatever its schema says.
 */
import type { Problem } from './errors.ts';

/** How deeply objects and arrays may nest; the outermost one counts as 1. */
const MAX_DEPTH = 200;

/** One problem, if the value nests too deeply to be worked on by functions that recurse. */
export function depthProblems(root: unknown): Problem[] {
  // Not recursive itself: a request of 1 MB has room for 500,000 levels, and a call stack has not.
  let level = [root].filter(isHolder);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return [{ path: '', message: `nests deeper than ${MAX_DEPTH} levels` }];
    level = level.flatMap((holder) => Object.values(holder)).filter(isHolder);
  }
  return [];
}

/**
 * The path of every number that may have changed on its way here. The value must have no
 * {@link depthProblems}.
 *
 * A caller's 9007199254740993 arrives as ...992, and nothing tells the two apart. Therefore every
 * whole number beyond 2^53 - 1 is a problem, also 6.022e23. Fractions are doubles (IEEE 754), as
 * RFC 8259, section 6, expects.
 */
export function numberProblems(value: unknown, path: readonly string[] = []): Problem[] {
  if (typeof value === 'number') {
    const message = numberProblem(value);
    return message ? [{ path: toPointer(path), message }] : [];
  }
  if (!isHolder(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => numberProblems(member, [...path, key]));
}

/** Why a number cannot be taken; undefined when it can. */
export function numberProblem(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'is too large for a number (1.8e308 at most): send it as text';
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `is a whole number beyond ${Number.MAX_SAFE_INTEGER}, which may have lost digits: send it as text`;
  }
  return undefined;
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The keys as a JSON Pointer: https://www.rfc-editor.org/rfc/rfc6901 */
export function toPointer(keys: readonly (string | number)[]): string {
  return keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
