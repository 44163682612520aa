/** The value at the end of a path through an event. */
export type Scalar = string | number | boolean | null;

/**
 * The array elements on the way to a value: array number to element index. Arrays are numbered in
 * the order of the event.
 */
export type ArrayMembership = ReadonlyMap<number, number>;

/** One value of an event. Its path has dots between the names. */
export type EventField = { value: Scalar; membership: ArrayMembership };

/**
 * Returns the values of an event by their paths. A path through arrays has several values; an empty
 * array or object has none.
 *
 * A name with a dot in it is treated as two names, in events and in patterns.
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
        // Only values inside an element are bound to it: those of ["a", "b"] do not exclude each
        // other.
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
 * Returns both memberships combined; undefined if they name different elements of one array, so
 * that the values do not belong together.
 */
export function joinMemberships(a: ArrayMembership, b: ArrayMembership): ArrayMembership | undefined {
  for (const [array, index] of b) {
    if ((a.get(array) ?? index) !== index) return undefined;
  }
  return new Map([...a, ...b]);
}

/** Returns whether a JSON value is neither an object nor an array. */
export function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
