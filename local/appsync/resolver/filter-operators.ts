type Scalar = string | number | boolean;

const MAX_IN = 5;
const MAX_CONTAINS_ANY = 20;

/** A comparison of a field with the value of a filter. */
export type FilterOperator = {
  /** Returns whether the operator can be used with this value. */
  accepts(value: unknown): boolean;
  /** The maximum number of values in a list. */
  maxValues?: number;
  /** Returns whether it holds; `actual` is undefined if the payload has no such field. */
  holds(actual: unknown, value: unknown): boolean;
};

const OPERATORS: Record<string, FilterOperator> = {
  eq: { accepts: isScalar, holds: (actual, value) => actual === value },
  ne: { accepts: isScalar, holds: (actual, value) => actual !== value },
  lt: { accepts: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order < 0) },
  le: { accepts: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order <= 0) },
  gt: { accepts: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order > 0) },
  ge: { accepts: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order >= 0) },
  contains: { accepts: isOrdered, holds: contains },
  notContains: { accepts: isOrdered, holds: (actual, value) => !contains(actual, value) },
  beginsWith: {
    accepts: (value) => typeof value === 'string',
    holds: (actual, value) => typeof actual === 'string' && actual.startsWith(String(value)),
  },
  in: {
    accepts: isListOf(isScalar),
    maxValues: MAX_IN,
    holds: (actual, value) => listOf(value).includes(actual),
  },
  notIn: {
    accepts: isListOf(isScalar),
    maxValues: MAX_IN,
    holds: (actual, value) => !listOf(value).includes(actual),
  },
  between: {
    accepts: (value) => isListOf(isOrdered)(value) && listOf(value).length === 2,
    holds(actual, value) {
      const [low, high] = listOf(value);
      return compare(actual, low, (order) => order >= 0) && compare(actual, high, (order) => order <= 0);
    },
  },
  containsAny: {
    accepts: isListOf(isScalar),
    maxValues: MAX_CONTAINS_ANY,
    holds: (actual, value) => listOf(value).some((item) => listOf(actual).includes(item)),
  },
};

/**
 * Returns the operator of that name; undefined for an unknown one.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-enhanced-filtering.html
 */
export function filterOperator(name: string): FilterOperator | undefined {
  return Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
}

/** Returns the value if it is a list, otherwise an empty list. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isScalar(value: unknown): value is Scalar {
  return isOrdered(value) || typeof value === 'boolean';
}

function isOrdered(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isListOf(isItem: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.length > 0 && value.every(isItem);
}

function contains(actual: unknown, value: unknown): boolean {
  if (typeof actual === 'string') return typeof value === 'string' && actual.includes(value);
  return listOf(actual).includes(value);
}

/** Compares numbers or texts. Values of different types have no order. */
function compare(actual: unknown, value: unknown, accepts: (order: number) => boolean): boolean {
  if (typeof actual === 'number' && typeof value === 'number') return accepts(actual - value);
  if (typeof actual !== 'string' || typeof value !== 'string') return false;
  return accepts(actual < value ? -1 : actual > value ? 1 : 0);
}
