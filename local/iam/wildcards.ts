import { ANY_CHARACTER, ANY_TEXT, matchesPattern, type PatternSign } from '../common/wildcards.ts';

const WILDCARDS = new Map<string, PatternSign>([
  ['*', ANY_TEXT],
  ['?', ANY_CHARACTER],
]);

/**
 * Makes the test whether a text is what a pattern of IAM stands for: `*` for any characters or
 * none, `?` for any one.
 *
 * A wildcard crosses the colons of an ARN, which IAM says so plainly only of a `*` that ends a
 * segment.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function wildcardTest(pattern: string, { ignoreCase = false } = {}): (text: string) => boolean {
  const fold = (text: string) => Array.from(ignoreCase ? text.toLowerCase() : text);
  const signs = fold(pattern).map((character) => WILDCARDS.get(character) ?? character);
  return (text) => matchesPattern(signs, fold(text));
}
