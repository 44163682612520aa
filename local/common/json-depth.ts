/** That of Jackson, Java's usual JSON parser; AWS has not published the limits of its services. */
const MAX_JSON_DEPTH = 1_000;

/**
 * Whether a value nests deeper than 1,000 levels. `JSON.parse` takes any depth, but what walks the
 * value afterwards, `JSON.stringify` first of all, runs out of stack.
 */
export function nestsTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const holders = level.filter((each) => typeof each === 'object' && each !== null);
    if (depth === MAX_JSON_DEPTH && holders.length > 0) return true;
    level = holders.flatMap((holder) => Object.values(holder as object));
  }
  return false;
}
