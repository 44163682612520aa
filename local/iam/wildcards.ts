/**
 * Makes the test whether a text is what a pattern of IAM stands for: `*` for any characters or none, `?` for any one.
 *
 * A wildcard crosses the colons of an ARN, which IAM says so plainly only of a `*` that ends a segment.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function wildcardTest(pattern: string, { ignoreCase = false } = {}): (text: string) => boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su');
  return (text) => expression.test(text);
}
