import { isObject } from '../common/json.ts';
import { InvalidEventPatternException } from './errors.ts';
import {
  type ArrayMembership,
  type EventField,
  eventFields,
  isScalar,
  joinMemberships,
} from './event-fields.ts';
import { onlyEntry, type ValueMatcher, valueMatcher } from './pattern-operators.ts';

/** Returns whether an event matches a pattern. */
export type EventMatcher = (event: unknown) => boolean;

/**
 * The condition of a pattern on one path: a value at it satisfies one of `values`, or there is
 * none.
 */
type Condition = { values: ValueMatcher[]; mayBeAbsent: boolean };

/** Conditions by path; all of them must hold. */
type Conjunction = ReadonlyMap<string, Condition>;

const MAX_COMBINATIONS = 1000;

/**
 * Field names that are reserved inside `$or`, so that `{"$or": [{"prefix": …}]}` is not mistaken
 * for a condition on a field.
 */
const RESERVED_IN_OR = new Set(
  (
    'exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex not-wildcard ' +
    'not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range ip-address-in-range ' +
    'ip-address-not-in-range'
  ).split(' '),
);

/**
 * Compiles an event pattern. Throws {@link InvalidEventPatternException} if EventBridge rejects it.
 *
 * Fields are joined by AND, the entries of an array by OR. Values in different elements of one
 * array of objects do not match together.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 * @see https://github.com/aws/event-ruler
 */
export function compilePattern(pattern: unknown): EventMatcher {
  if (!isObject(pattern)) throw new InvalidEventPatternException('Filter is not an object');
  const alternatives = conjunctions([new Map()], '', pattern, false).map((conjunction) =>
    // In the order of paths, as in AWS's matcher: the order decides which array element an absent
    // path refers to.
    [...conjunction].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return (event) => {
    const fields = eventFields(event);
    return alternatives.some((conditions) => holds(conditions, fields, new Map()));
  };
}

function holds(
  [first, ...others]: [string, Condition][],
  fields: Map<string, EventField[]>,
  sofar: ArrayMembership,
): boolean {
  if (!first) return true;
  const [path, { values, mayBeAbsent }] = first;
  let isAbsent = true;
  for (const { value, membership } of fields.get(path) ?? []) {
    const joined = joinMemberships(sofar, membership);
    if (!joined) continue;
    isAbsent = false;
    if (values.some((matches) => matches(value)) && holds(others, fields, joined)) return true;
  }
  return isAbsent && mayBeAbsent && holds(others, fields, sofar);
}

/** Returns `bases`, each extended by the conditions of `pattern`; `$or` multiplies them. */
function conjunctions(bases: Conjunction[], path: string, pattern: object, isInOr: boolean): Conjunction[] {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new InvalidEventPatternException('Empty objects are not allowed');
  return entries.reduce((extended, [name, inner]) => {
    if (name === '$or') return alternatives(extended, path, inner);
    if (isInOr && RESERVED_IN_OR.has(name)) {
      throw new InvalidEventPatternException(
        `${name} is Ruler reserved fieldName which cannot be used inside $or.`,
      );
    }
    const innerPath = path === '' ? name : `${path}.${name}`;
    if (isObject(inner)) return conjunctions(extended, innerPath, inner, isInOr);
    if (!Array.isArray(inner)) {
      throw new InvalidEventPatternException(`"${name}" must be an object or an array`);
    }
    const added = condition(inner);
    return extended.map((base) => new Map([...base, [innerPath, added]]));
  }, bases);
}

function alternatives(bases: Conjunction[], path: string, or: unknown): Conjunction[] {
  if (!Array.isArray(or)) throw new InvalidEventPatternException('It must be an Array followed with $or.');
  const all = or.flatMap((pattern) => {
    if (!isObject(pattern)) {
      throw new InvalidEventPatternException('Only JSON object is allowed in array of $or relationship.');
    }
    return conjunctions(bases, path, pattern, true);
  });
  if (or.length < 2) {
    throw new InvalidEventPatternException('There must have at least 2 Objects in $or relationship.');
  }
  if (all.length > MAX_COMBINATIONS) {
    throw new InvalidEventPatternException(
      `Rule is too complex - expected at most ${MAX_COMBINATIONS} combinations of $or, got ${all.length}`,
    );
  }
  return all;
}

function condition(entries: unknown[]): Condition {
  if (entries.length === 0) throw new InvalidEventPatternException('Empty arrays are not allowed');
  const values: ValueMatcher[] = [];
  let mayBeAbsent = false;
  for (const entry of entries) {
    if (isScalar(entry)) {
      values.push((value) => value === entry);
    } else if (!isObject(entry)) {
      throw new InvalidEventPatternException('Match value must be String, number, true, false, or null');
    } else {
      const [operator, operand] = onlyEntry(entry);
      if (operator !== 'exists') values.push(valueMatcher(operator, operand));
      else if (operand === true) values.push(() => true);
      else if (operand === false) mayBeAbsent = true;
      else throw new InvalidEventPatternException('exists match pattern must be either true or false.');
    }
  }
  return { values, mayBeAbsent };
}
