import { ValidationException } from './errors.ts';

const STEP = /\.(?<name>[\w-]+)|\[(?<index>\d+)\]|(?<all>\.\*|\[\*\])/y;

/**
 * Compiles a path of `$`, names (letters, digits, `_`, `-`), `[0]` and `*`. The function returns
 * the value at the path, or undefined; for a path with `*`, an array of all values found.
 *
 * Throws {@link ValidationException} for any other JSONPath, as EventBridge supports no more.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function compileJsonPath(path: string): (document: unknown) => unknown {
  const steps: ((value: unknown) => unknown[])[] = [];
  let hasWildcard = false;
  STEP.lastIndex = 1;
  while (path.startsWith('$') && STEP.lastIndex < path.length) {
    const { name, index, all } = STEP.exec(path)?.groups ?? {};
    if (all !== undefined) {
      hasWildcard = true;
      steps.push(children);
    } else if (name !== undefined) {
      steps.push((value) => (Array.isArray(value) ? [] : child(value, name)));
    } else if (index !== undefined) {
      steps.push((value) => (Array.isArray(value) ? child(value, index) : []));
    } else {
      break;
    }
  }
  if (!path.startsWith('$') || STEP.lastIndex !== Math.max(path.length, 1)) {
    throw new ValidationException(`Expected a path such as $.detail.items[0].name, got '${path}'`);
  }
  return (document) => {
    const found = steps.reduce((values, step) => values.flatMap(step), [document]);
    return hasWildcard && found.length > 0 ? found : found[0];
  };
}

function child(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
  return [Reflect.get(value, key)];
}

function children(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}
