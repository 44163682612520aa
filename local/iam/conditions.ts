/**
 * The Condition of a policy statement: what must hold for a request, beyond action and resource,
 * for the statement to apply.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import * as z from 'zod';
import { wildcardTest } from './wildcards.ts';

const KEYS = [
  'aws:PrincipalArn',
  'aws:SecureTransport',
  's3:if-match',
  's3:if-none-match',
  's3:ObjectCreationOperation',
  's3:TlsVersion',
] as const;

/** A key whose value the local services know. */
type ConditionKey = (typeof KEYS)[number];

/** The condition values of a request. A key without a value is absent, as for `Null`. */
export type RequestContext = Partial<Record<ConditionKey, string | undefined>>;

/** Returns whether a condition holds for a request. */
export type Condition = (context: RequestContext) => boolean;

type Comparison = (actual: string, expected: string) => boolean;
type Operator = (actual: string | undefined, expected: readonly string[]) => boolean;

const isEqual: Comparison = (actual, expected) => actual === expected;
const isLike: Comparison = (actual, expected) => wildcardTest(expected)(actual);

/** One value must fit, so an absent key never does. */
const anyOf =
  (compare: Comparison): Operator =>
  (actual, expected) =>
    actual !== undefined && expected.some((value) => compare(actual, value));

/** No value may fit, so an absent key always does. */
const noneOf =
  (compare: Comparison): Operator =>
  (actual, expected) =>
    !anyOf(compare)(actual, expected);

const OPERATORS = new Map<string, Operator>([
  ['ArnEquals', anyOf(isLike)],
  ['ArnLike', anyOf(isLike)],
  ['ArnNotEquals', noneOf(isLike)],
  ['ArnNotLike', noneOf(isLike)],
  ['Bool', anyOf((actual, expected) => actual === expected.toLowerCase())],
  ['Null', (actual, expected) => expected.includes(String(actual === undefined))],
  ['NumericLessThan', anyOf((actual, expected) => Number(actual) < Number(expected))],
  ['StringEquals', anyOf(isEqual)],
  ['StringLike', anyOf(isLike)],
  ['StringNotEquals', noneOf(isEqual)],
  ['StringNotLike', noneOf(isLike)],
]);

const Value = z.union([z.string(), z.number(), z.boolean()]);

/**
 * Reads the element as a policy has it. An operator or a key that is not known here is an issue
 * that names it.
 */
export const ConditionElement = z
  .record(z.string(), z.record(z.string(), z.union([Value, z.array(Value)])))
  .transform((element, { issues }): Condition => {
    const tests: Condition[] = [];
    const reject = (message: string) => issues.push({ code: 'custom', message, input: element });
    for (const [operatorName, expectations] of Object.entries(element)) {
      const operator = OPERATORS.get(operatorName);
      if (!operator) reject(`the condition operator ${operatorName} is not supported`);
      for (const [keyName, values] of Object.entries(expectations)) {
        // The names of keys are the same in any case.
        const key = KEYS.find((known) => known.toLowerCase() === keyName.toLowerCase());
        if (!key) reject(`the condition key ${keyName} is not supported`);
        const expected = [values].flat().map(String);
        if (expected.some((value) => value.includes('${'))) reject('policy variables are not supported');
        if (operator && key) tests.push((context) => operator(context[key], expected));
      }
    }
    return (context) => tests.every((test) => test(context));
  });
