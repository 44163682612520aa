/**
 * The comparisons of event patterns: `{"prefix": …}` and the others, one function each.
 *
 * The rejected operands and the messages follow AWS's own matcher and recorded responses of
 * `TestEventPattern`.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @see https://github.com/aws/event-ruler (JsonRuleCompiler.java)
 */

import { BlockList, isIP } from 'node:net';
import { isObject } from '../common/json.ts';
import { InvalidEventPatternException } from './errors.ts';
import type { Scalar } from './event-fields.ts';

/** Returns whether a value of the event satisfies one entry of a pattern's array. */
export type ValueMatcher = (value: Scalar) => boolean;

const MAX_NUMBER = 5e9;

/**
 * Returns the matcher for one comparison object of a pattern, such as `{"prefix": "a"}`. Throws
 * {@link InvalidEventPatternException}.
 *
 * `exists` is handled elsewhere: `{"exists": false}` is about a path, not about a value.
 */
export function valueMatcher(operator: string, operand: unknown): ValueMatcher {
  switch (operator) {
    case 'prefix':
      return affix('prefix', operand);
    case 'suffix':
      return affix('suffix', operand);
    case 'equals-ignore-case':
      return equalsIgnoringCase(textOperand(operand, 'equals-ignore-case match pattern must be a string'));
    case 'wildcard':
      return wildcard(textOperand(operand, 'wildcard match pattern must be a string'));
    case 'numeric':
      return numeric(operand);
    case 'cidr':
      return cidr(textOperand(operand, 'prefix match pattern must be a string'));
    case 'anything-but':
      return anythingBut(operand);
    default:
      throw new InvalidEventPatternException(`Unrecognized match type ${operator}`);
  }
}

function affix(kind: 'prefix' | 'suffix', operand: unknown): ValueMatcher {
  if (isObject(operand)) {
    const [inner, text] = onlyEntry(operand);
    if (inner !== 'equals-ignore-case') {
      throw new InvalidEventPatternException(`Unsupported ${kind} pattern: ${inner}`);
    }
    const folded = fold(textOperand(text, 'equals-ignore-case match pattern must be a string'));
    return onText((value) => hasAffix(kind, fold(value), folded));
  }
  const text = textOperand(operand, `${kind} match pattern must be a string`);
  return onText((value) => hasAffix(kind, value, text));
}

function hasAffix(kind: 'prefix' | 'suffix', value: string, text: string): boolean {
  return kind === 'prefix' ? value.startsWith(text) : value.endsWith(text);
}

function equalsIgnoringCase(text: string): ValueMatcher {
  const folded = fold(text);
  return onText((value) => fold(value) === folded);
}

function wildcard(text: string): ValueMatcher {
  const [first = '', ...others] = literalParts(text);
  const last = others.pop();
  return onText((value) => {
    if (last === undefined) return value === first;
    if (!value.startsWith(first)) return false;
    let at = first.length;
    for (const part of others) {
      const found = value.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return value.length - last.length >= at && value.endsWith(last);
  });
}

/**
 * Returns the texts between the stars; `\*` and `\\` are a star and a backslash. Positions in
 * errors count from the quote before the text, as AWS's do.
 */
function literalParts(text: string): string[] {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    let char = text.charAt(i);
    if (char === '*') {
      if (text.charAt(i + 1) === '*') {
        throw new InvalidEventPatternException(`Consecutive wildcard characters at pos ${i + 1}`);
      }
      parts.push('');
      continue;
    }
    if (char === '\\') {
      char = text.charAt(++i);
      if (char !== '*' && char !== '\\') {
        throw new InvalidEventPatternException(`Invalid escape character at pos ${i}`);
      }
    }
    parts.push(parts.pop() + char);
  }
  return parts;
}

function numeric(operand: unknown): ValueMatcher {
  if (!Array.isArray(operand)) throw new InvalidEventPatternException('Value of numeric must be an array.');
  const [operator, bound, upperOperator, upperBound, ...others] = operand;
  if (typeof operator !== 'string') {
    throw new InvalidEventPatternException(`Invalid member in numeric match: ${JSON.stringify(operator)}`);
  }
  const isRange = operand.length > 2;
  const first = comparison(operator, bound);
  if (!isRange) return onNumber(first);

  if (operator !== '>' && operator !== '>=') {
    throw new InvalidEventPatternException('Too many elements in numeric expression');
  }
  if (typeof upperOperator !== 'string') {
    throw new InvalidEventPatternException(`Bad value in numeric range: ${JSON.stringify(upperOperator)}`);
  }
  if (upperOperator !== '<' && upperOperator !== '<=') {
    throw new InvalidEventPatternException(`Bad numeric range operator: ${upperOperator}`);
  }
  const second = comparison(upperOperator, upperBound);
  if (others.length > 0) throw new InvalidEventPatternException('Too many terms in numeric range expression');
  if (bound >= upperBound) throw new InvalidEventPatternException('Bottom must be less than top');
  return onNumber((value) => first(value) && second(value));
}

function comparison(operator: string, bound: unknown): (value: number) => boolean {
  const compare = {
    '=': (value: number, to: number) => value === to,
    '<': (value: number, to: number) => value < to,
    '<=': (value: number, to: number) => value <= to,
    '>': (value: number, to: number) => value > to,
    '>=': (value: number, to: number) => value >= to,
  };
  if (!isKeyOf(compare, operator)) {
    throw new InvalidEventPatternException(`Unrecognized numeric range operator: ${operator}`);
  }
  if (typeof bound !== 'number') {
    throw new InvalidEventPatternException(
      `Value of ${operator === '=' ? 'equals' : operator} must be numeric`,
    );
  }
  mustBeComparable(bound);
  return (value) => compare[operator](value, bound);
}

function mustBeComparable(number: number): void {
  if (Math.abs(number) > MAX_NUMBER) {
    throw new InvalidEventPatternException('Value must be between -5.0E9 and 5.0E9, inclusive');
  }
}

function cidr(text: string): ValueMatcher {
  const [address = '', bitsText, ...others] = text.split('/');
  if (bitsText === undefined || others.length > 0) {
    throw new InvalidEventPatternException("Malformed CIDR, one '/' required");
  }
  const bits = Number(bitsText);
  if (!/^-?\d+$/.test(bitsText)) {
    throw new InvalidEventPatternException('Malformed CIDR, mask bits must be an integer');
  }
  if (bits < 0) throw new InvalidEventPatternException('Malformed CIDR, mask bits must not be negative');
  const version = isIP(address);
  if (version === 0) throw new InvalidEventPatternException(`Nonstandard IP address: ${address}`);
  const size = version === 4 ? 32 : 128;
  if (bits >= size) throw new InvalidEventPatternException(`IPv${version} mask bits must be < ${size}`);

  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(address, bits, family);
  return onText((value) => block.check(value, family));
}

/** Matches each existing value, of any type, that `operand` does not exclude. */
function anythingBut(operand: unknown): ValueMatcher {
  if (isObject(operand)) {
    const [operator, inner] = onlyEntry(operand);
    const excluded = excludedTexts(operator, inner).map((text) => valueMatcher(operator, text));
    return (value) => !excluded.some((matches) => matches(value));
  }
  if (!Array.isArray(operand)) {
    if (!isTextOrNumber(operand)) throw new InvalidEventPatternException(ANYTHING_BUT_VALUE);
    return anythingBut([operand]);
  }
  if (!operand.every(isTextOrNumber)) {
    throw new InvalidEventPatternException('Inside anything but list, start|null|boolean is not supported.');
  }
  if (new Set(operand.map((one) => typeof one)).size !== 1) {
    throw new InvalidEventPatternException(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    );
  }
  for (const one of operand) if (typeof one === 'number') mustBeComparable(one);
  return (value) => !operand.some((one) => one === value);
}

const ANYTHING_BUT_VALUE = 'Value of anything-but must be an array or single string/number value.';

function excludedTexts(operator: string, operand: unknown): string[] {
  const messages = {
    prefix: 'prefix/suffix match pattern must be a string',
    suffix: 'prefix/suffix match pattern must be a string',
    wildcard: 'wildcard match pattern must be a string',
    'equals-ignore-case':
      'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.',
  };
  if (!isKeyOf(messages, operator)) {
    throw new InvalidEventPatternException(`Unsupported anything-but pattern: ${operator}`);
  }
  if (!Array.isArray(operand) && !isTextOrNumber(operand)) {
    throw new InvalidEventPatternException(ANYTHING_BUT_VALUE);
  }
  const texts: unknown[] = Array.isArray(operand) ? operand : [operand];
  return texts.map((text) => {
    if ((operator === 'prefix' || operator === 'suffix') && text === '') {
      throw new InvalidEventPatternException('Null prefix/suffix not allowed');
    }
    return textOperand(text, messages[operator]);
  });
}

/** Returns the one operator of a comparison object with its operand. */
export function onlyEntry(comparison: object): [string, unknown] {
  const [entry, ...others] = Object.entries(comparison);
  if (!entry) throw new InvalidEventPatternException('Match expression name not found');
  if (others.length > 0) throw new InvalidEventPatternException('Only one key allowed in match expression');
  return entry;
}

function textOperand(operand: unknown, message: string): string {
  if (typeof operand !== 'string') throw new InvalidEventPatternException(message);
  return operand;
}

function onText(matches: (value: string) => boolean): ValueMatcher {
  return (value) => typeof value === 'string' && matches(value);
}

function onNumber(matches: (value: number) => boolean): ValueMatcher {
  return (value) => typeof value === 'number' && Math.abs(value) <= MAX_NUMBER && matches(value);
}

function fold(text: string): string {
  return text.toLowerCase();
}

function isTextOrNumber(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isKeyOf<T extends object>(object: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(object, key);
}
