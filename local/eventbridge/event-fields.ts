/** The value at the end of a path through an event. */
export type Scalar = string | number | boolean | null;

/**
 * Which element was taken of each array on the way to a value; arrays are numbered in the order of
 * the event.
 */
export type ArrayMembership = ReadonlyMap<number, number>;

/** One value of an event under its path, with dots between the names. */
export type EventField = { value: Scalar; membership: ArrayMembership };

/**
 * The values of an event by their paths. A path has several where arrays are on it; an empty array
 * or object has none.
 *
 * A name with a dot in it cannot be told from two names, in an event as in a pattern.
 *
 * @see https://github.com/aws/event-ruler (Event.java)
 */
export function eventFields(event: unknown): Map<string, EventField[]> {
  const fields = new Map<string, EventField[]>();
  let arrayCount = 0;

  function visit(path: string, value: unknown, membership: ArrayMembership): void {
    if (Array.isArray(value)) {
      const array = arrayCount++;
      for (const [index, element] of value.entries()) {
        // Only what is within an element is bound to it: the values of ["a", "b"] do not exclude
        // each other.
        const isInner = typeof element === 'object' && element !== null;
        visit(path, element, isInner ? new Map([...membership, [array, index]]) : membership);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        visit(path === '' ? name : `${path}.${name}`, inner, membership);
      }
    } else if (isScalar(value)) {
      const known = fields.get(path);
      if (known) known.push({ value, membership });
      else fields.set(path, [{ value, membership }]);
    }
  }

  visit('', event, new Map());
  return fields;
}

/**
 * Both memberships together; undefined where they name different elements of one array, so the
 * values do not belong together.
 */
export function joinMemberships(a: ArrayMembership, b: ArrayMembership): ArrayMembership | undefined {
  for (const [array, index] of b) {
    if ((a.get(array) ?? index) !== index) return undefined;
  }
  return new Map([...a, ...b]);
}

/** Whether a value of JSON is neither an object nor an array. */
export function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
