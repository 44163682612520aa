import type { JsonObject, JsonValue } from '../../common/json.ts';
import { ANY_TEXT, matchesPattern, type PatternSign } from '../../common/wildcards.ts';
import { firstMatch } from './engine.ts';
import { lookUp, parsePath, type Scope } from './reference-path.ts';
import { runtimeFailure, StateFailure } from './state-failure.ts';
import type { ChoiceRule, ChoiceState } from './state-machine.ts';

type Rule = JsonObject;

/** Binds the value at a path, after `change`, to a variable, and returns its path in the engine. */
type NameValue = (path: string, change?: (value: JsonValue) => JsonValue) => string;

/**
 * The type tests of comparisons. Without them the engine would compare across types, as JavaScript
 * does.
 */
const TYPE_TESTS = { String: 'IsString', Numeric: 'IsNumeric', Timestamp: 'IsTimestamp' };

/**
 * Returns the next state of a Choice, and the Assign that goes with it: that of the matching rule,
 * or the state's own beside Default. Throws `States.NoChoiceMatched` if no rule matches, and
 * `States.Runtime` for a rule on a missing value. A Choice can catch neither.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
 */
export async function chooseNext(
  { Choices, Default, Assign }: ChoiceState,
  scope: Scope,
): Promise<{ next: string; assign: JsonObject | undefined }> {
  const values: JsonObject = {};
  const paths: string[] = [];
  const variable: NameValue = (text, change = (value) => value) => {
    const path = parsePath(text);
    const value = path && lookUp(path, scope);
    const name = `v${paths.push(text) - 1}`;
    if (value !== undefined) values[name] = change(value);
    return `$.${name}`;
  };
  const rules = Choices.map(({ Next: _, Assign: __, ...rule }) => engineRule(rule as Rule, variable));
  let rule: ChoiceRule | undefined;
  try {
    rule = Choices[await firstMatch(rules, values)];
  } catch (error) {
    const index = error instanceof StateFailure ? /\$\.v(\d+)/.exec(error.message)?.[1] : undefined;
    if (index === undefined) throw error;
    throw runtimeFailure(
      `Invalid path '${paths[Number(index)]}': The choice state's condition path references an invalid value.`,
    );
  }
  if (rule) return { next: rule.Next, assign: rule.Assign };
  if (Default !== undefined) return { next: Default, assign: Assign };
  throw new StateFailure(
    'States.NoChoiceMatched',
    'No rule of the Choice state matches, and it has no Default.',
  );
}

/**
 * Rewrites a rule into a form that the engine evaluates correctly: every path a plain name,
 * `IsNull: false` as Not, comparisons within a type.
 */
function engineRule(rule: Rule, variable: NameValue): Rule {
  const inner = (value: JsonValue | undefined) => engineRule(value as Rule, variable);
  if ('And' in rule) return { And: (rule.And as Rule[]).map(inner) };
  if ('Or' in rule) return { Or: (rule.Or as Rule[]).map(inner) };
  if ('Not' in rule) return { Not: inner(rule.Not) };

  if ('StringMatches' in rule) {
    const pattern = patternOf(rule.StringMatches as string);
    const isMatch = (value: JsonValue) =>
      typeof value === 'string' && matchesPattern(pattern, Array.from(value));
    return { Variable: variable(rule.Variable as string, isMatch), BooleanEquals: true };
  }
  const Variable = variable(rule.Variable as string);
  const [operator = '', operand = null] =
    Object.entries(rule).find(([name]) => name !== 'Variable' && name !== 'Comment') ?? [];
  if (operator.startsWith('Is')) {
    const test = { Variable, [operator]: true };
    return operand === false ? { Not: test } : test;
  }
  const comparison = {
    Variable,
    [operator]: operator.endsWith('Path') ? variable(operand as string) : operand,
  };
  const typeTest = Object.entries(TYPE_TESTS).find(([type]) => operator.startsWith(type))?.[1];
  return typeTest === undefined ? comparison : { And: [{ Variable, [typeTest]: true }, comparison] };
}

/**
 * Compiles a pattern: a star matches any text, with a backslash itself. The engine's star stops at
 * the end of a line, and the engine has further wildcards.
 */
function patternOf(pattern: string): PatternSign[] {
  const escapedOrOne = pattern.match(/\\[*\\]|./gsu) ?? [];
  return escapedOrOne.map((sign) =>
    sign === '*' ? ANY_TEXT : sign.length > 1 && sign.startsWith('\\') ? sign.slice(1) : sign,
  );
}
