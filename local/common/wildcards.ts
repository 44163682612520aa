/** An element of a pattern: a character or a wildcard. */
export type PatternSign = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

/** Any characters or none. */
export const ANY_TEXT = Symbol('any text');
/** Exactly one character. */
export const ANY_CHARACTER = Symbol('any character');

/**
 * Returns whether the characters match the pattern. It takes time at most proportional to the
 * product of both lengths. A regular expression may take exponential time, and the text is not
 * trusted.
 */
export function matchesPattern(pattern: readonly PatternSign[], text: readonly string[]): boolean {
  let sign = 0;
  let at = 0;
  // The position of the last ANY_TEXT, and the end of its text. Earlier ones never need to be
  // extended.
  let star = -1;
  let starEnd = 0;
  while (at < text.length) {
    if (pattern[sign] === ANY_TEXT) {
      star = sign++;
      starEnd = at;
    } else if (sign < pattern.length && (pattern[sign] === ANY_CHARACTER || pattern[sign] === text[at])) {
      sign++;
      at++;
    } else if (star >= 0) {
      sign = star + 1;
      at = ++starEnd;
    } else {
      return false;
    }
  }
  return pattern.slice(sign).every((rest) => rest === ANY_TEXT);
}
