import type { JsonValue } from '../../common/json.ts';
import { evaluateIntrinsic, isIntrinsic } from './intrinsic-function.ts';
import { lookUp, parsePath, type Scope } from './reference-path.ts';
import { runtimeFailure } from './state-failure.ts';

/**
 * Fills a template: every field whose name ends in `.$` gets the value of its path or intrinsic
 * function. Throws a `States.Runtime` failure if there is no value.
 *
 * @see https://states-language.net/spec.html#payload-template
 */
export async function fillTemplate(template: JsonValue, scope: Scope): Promise<JsonValue> {
  if (Array.isArray(template)) return Promise.all(template.map((item) => fillTemplate(item, scope)));
  if (typeof template !== 'object' || template === null) return template;
  const filled = Object.entries(template).map(async ([name, value]) => {
    if (!name.endsWith('.$') || typeof value !== 'string') return [name, await fillTemplate(value, scope)];
    return [name.slice(0, -2), await evaluateExpression(value, name, scope)];
  });
  return Object.fromEntries(await Promise.all(filled));
}

/** Evaluates a path or an intrinsic function. The failure names the `field` with the expression. */
export async function evaluateExpression(
  expression: string,
  field: string,
  scope: Scope,
): Promise<JsonValue> {
  if (isIntrinsic(expression)) return evaluateIntrinsic(expression, scope);
  const path = parsePath(expression);
  const value = path && lookUp(path, scope);
  if (value !== undefined) return value;
  throw runtimeFailure(
    `The JSONPath '${expression}' specified for the field '${field}' could not be found in the input '${JSON.stringify(scope.data)}'`,
  );
}
