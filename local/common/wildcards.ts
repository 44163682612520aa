/** A sign of a pattern: a character, or what stands for others. */
export type PatternSign = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

/** Any characters or none. */
export const ANY_TEXT = Symbol('any text');
/** Exactly one character. */
export const ANY_CHARACTER = Symbol('any character');

/**
 * Whether the characters are what the pattern stands for. Takes at most the product of both
 * lengths: a regular expression takes a power of it, and the text may come from anybody.
 */
export function matchesPattern(pattern: readonly PatternSign[], text: readonly string[]): boolean {
  let sign = 0;
  let at = 0;
  // Where the last ANY_TEXT is, and how far its text reaches. An earlier one need never be
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
