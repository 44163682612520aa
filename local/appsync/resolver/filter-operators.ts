type Scalar = string | number | boolean;

const MAX_IN = 5;
const MAX_CONTAINS_ANY = 20;

/** One way in which a filter compares a field with its value. */
export type FilterOperator = {
  /** Whether the operator can be used with this value. */
  takes(value: unknown): boolean;
  /** How many values it may list. */
  maxValues?: number;
  /** Whether it holds; `actual` is undefined where the payload has no such field. */
  holds(actual: unknown, value: unknown): boolean;
};

const OPERATORS: Record<string, FilterOperator> = {
  eq: { takes: isScalar, holds: (actual, value) => actual === value },
  ne: { takes: isScalar, holds: (actual, value) => actual !== value },
  lt: { takes: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order < 0) },
  le: { takes: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order <= 0) },
  gt: { takes: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order > 0) },
  ge: { takes: isOrdered, holds: (actual, value) => compare(actual, value, (order) => order >= 0) },
  contains: { takes: isOrdered, holds: contains },
  notContains: { takes: isOrdered, holds: (actual, value) => !contains(actual, value) },
  beginsWith: {
    takes: (value) => typeof value === 'string',
    holds: (actual, value) => typeof actual === 'string' && actual.startsWith(String(value)),
  },
  in: {
    takes: isListOf(isScalar),
    maxValues: MAX_IN,
    holds: (actual, value) => listOf(value).includes(actual),
  },
  notIn: {
    takes: isListOf(isScalar),
    maxValues: MAX_IN,
    holds: (actual, value) => !listOf(value).includes(actual),
  },
  between: {
    takes: (value) => isListOf(isOrdered)(value) && listOf(value).length === 2,
    holds(actual, value) {
      const [low, high] = listOf(value);
      return compare(actual, low, (order) => order >= 0) && compare(actual, high, (order) => order <= 0);
    },
  },
  containsAny: {
    takes: isListOf(isScalar),
    maxValues: MAX_CONTAINS_ANY,
    holds: (actual, value) => listOf(value).some((item) => listOf(actual).includes(item)),
  },
};

/**
 * The operator of that name; undefined for one that AppSync has not.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-enhanced-filtering.html
 */
export function filterOperator(name: string): FilterOperator | undefined {
  return Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
}

/** The value where it is a list, else an empty one. */
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

/** Orders numbers and texts; values of two types have no order. */
function compare(actual: unknown, value: unknown, accepts: (order: number) => boolean): boolean {
  if (typeof actual === 'number' && typeof value === 'number') return accepts(actual - value);
  if (typeof actual !== 'string' || typeof value !== 'string') return false;
  return accepts(actual < value ? -1 : actual > value ? 1 : 0);
}
