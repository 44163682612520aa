/** Parses JSON text without silent loss: JSON.parse rounds numbers and drops duplicate keys. */
import { visit } from 'jsonc-parser';
import type { Problem } from './errors.ts';
import { depthProblems, numberProblem, toPointer } from './json-value.ts';

/** A problem and its position in the text; line and column count from 1. */
export type TextProblem = Problem & { line: number; column: number };

/**
 * Returns the value of the text and its problems: duplicate keys, numbers with more digits than a
 * double holds, numbers that {@link numberProblem} rejects, or too much nesting. Throws SyntaxError
 * for text that is not valid JSON.
 */
export function readJsonText(text: string): { value: unknown; problems: (Problem | TextProblem)[] } {
  const value: unknown = JSON.parse(text);
  const deep = depthProblems(value);
  return { value, problems: deep.length > 0 ? deep : textProblems(text) };
}

function textProblems(text: string): TextProblem[] {
  const problems: TextProblem[] = [];
  const keys: Set<string>[] = [];
  visit(text, {
    onObjectBegin: () => void keys.push(new Set()),
    onObjectEnd: () => void keys.pop(),
    onObjectProperty(key, _offset, _length, line, column, path) {
      const seen = keys.at(-1);
      if (seen?.has(key)) report([...path(), key], 'is a duplicate key', line, column);
      seen?.add(key);
    },
    onLiteralValue(value, offset, length, line, column, path) {
      if (typeof value !== 'number') return;
      const source = text.slice(offset, offset + length);
      const problem = numberProblem(value) ?? digitsProblem(source, value);
      if (problem) report(path(), problem, line, column);
    },
  });
  return problems;

  function report(path: (string | number)[], message: string, line: number, column: number) {
    problems.push({ path: toPointer(path), message, line: line + 1, column: column + 1 });
  }
}

/** Returns a problem if serializing the number would change its digits. */
function digitsProblem(source: string, value: number): string | undefined {
  if (digitsOf(source) === digitsOf(String(value))) return undefined;
  return `is ${source.slice(0, 50)}, which becomes ${value} as a number: write that, or send it as a string`;
}

/**
 * Returns the significant digits and the power of ten, equal for `1.50`, `15e-1` and `0.15E1`.
 */
function digitsOf(number: string): string {
  const [, whole = '', fraction = '', power = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
}
