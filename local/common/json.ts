/** A JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object. */
export type JsonObject = { [name: string]: JsonValue };

/** Returns whether a value is an object, and neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Jackson's limit, Java's usual JSON parser. AWS does not publish the limits of its services. */
const MAX_JSON_DEPTH = 1_000;

/**
 * Returns whether a value nests deeper than 1,000 levels. `JSON.parse` takes any depth, but code
 * that walks the value afterwards, `JSON.stringify` first of all, overflows the stack.
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
