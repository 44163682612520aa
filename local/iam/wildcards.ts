import { ANY_CHARACTER, ANY_TEXT, matchesPattern, type PatternSign } from '../common/wildcards.ts';

const WILDCARDS = new Map<string, PatternSign>([
  ['*', ANY_TEXT],
  ['?', ANY_CHARACTER],
]);

/**
 * Compiles a pattern of IAM: `*` matches any characters or none, `?` any single one.
 *
 * A wildcard also matches the colons of an ARN. IAM documents that only for a `*` at the end of a
 * segment.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function wildcardTest(pattern: string, { ignoreCase = false } = {}): (text: string) => boolean {
  const fold = (text: string) => Array.from(ignoreCase ? text.toLowerCase() : text);
  const signs = fold(pattern).map((character) => WILDCARDS.get(character) ?? character);
  return (text) => matchesPattern(signs, fold(text));
}
