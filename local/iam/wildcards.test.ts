import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wildcardTest } from './wildcards.ts';

/** What the two wildcards mean, read off their definition. */
function matches(pattern: string[], text: string[]): boolean {
  const [sign, ...signs] = pattern;
  const [, ...rest] = text;
  if (sign === undefined) return text.length === 0;
  if (sign === '*') return matches(signs, text) || (text.length > 0 && matches(pattern, rest));
  return text.length > 0 && (sign === '?' || sign === text[0]) && matches(signs, rest);
}

describe('a pattern', () => {
  it.each([
    ['arn:aws:s3:::b/processes/*/state.json', 'arn:aws:s3:::b/processes/api-key/1/state.json', true],
    ['arn:aws:s3:::b/processes/*/state.json', 'arn:aws:s3:::b/processes/api-key/1/stateXjson', false],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b', false],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/', true],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/two\nlines', true],
    ['arn:aws:states:*:*:execution:m:*', 'arn:aws:states:us-east-1:000000000000:execution:m:1', true],
    ['arn:aws:s3:::b/k?', 'arn:aws:s3:::b/k', false],
    ['arn:aws:s3:::b/k?', 'arn:aws:s3:::b/k😀', true],
    ['arn:aws:s3:::b/K', 'arn:aws:s3:::b/k', false],
    ['b/k', 'a/b/k/l', false],
  ])('%s against %j is %s', (pattern, text, fits) => {
    expect(wildcardTest(pattern)(text)).toBe(fits);
  });

  // Backtracking over every star would take longer than the universe has.
  it('of many stars is compared with a long text that almost fits', () => {
    expect(wildcardTest(`${'*a'.repeat(50)}*b`)('a'.repeat(10_000))).toBe(false);
    expect(wildcardTest(`${'*a'.repeat(50)}*b`)(`${'a'.repeat(10_000)}b`)).toBe(true);
  });

  it('can ignore case', () => {
    expect(wildcardTest('S3:get*', { ignoreCase: true })('s3:GetObject')).toBe(true);
  });

  it('of any characters fits exactly what its wildcards stand for', () => {
    const sign = fc.constantFrom('a', 'b', '.', '\\', '[', '$', '\n', 'é', '😀');
    const pattern = fc.array(fc.oneof(sign, fc.constantFrom('*', '?')), { maxLength: 8 });
    // A text that is made from the pattern fits often; one that is made without it, hardly ever.
    const fitting = (signs: string[]) =>
      fc.tuple(
        ...signs.map((one) =>
          one === '*' ? fc.array(sign, { maxLength: 3 }) : one === '?' ? fc.tuple(sign) : fc.constant([one]),
        ),
      );
    const cases = pattern.chain((signs) =>
      fc.tuple(
        fc.constant(signs),
        fc.oneof(
          fitting(signs).map((parts) => parts.flat()),
          fc.array(sign, { maxLength: 8 }),
        ),
      ),
    );
    fc.assert(
      fc.property(cases, ([signs, text]) => {
        expect(wildcardTest(signs.join(''))(text.join(''))).toBe(matches(signs, text));
      }),
      { numRuns: 1000 },
    );
  });
});
