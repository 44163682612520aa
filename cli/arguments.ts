import { InvalidArgumentError } from 'commander';

/** Above, a Node timer fires at once: its delay is a signed 32-bit number of milliseconds. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/**
 * The argument, if it may name a process. Throws commander's error, which it shows with the
 * argument's name.
 */
export function toProcessId(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a UUID in lower case.');
}

/** Seconds as a number. Throws commander's error, which it shows with the option's name. */
export function toTimeoutSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds;
  throw new InvalidArgumentError(`Expected a number of seconds, above 0 and up to ${MAX_TIMEOUT_SECONDS}.`);
}

/** The words as a POSIX shell takes them from one line. */
export function toShellWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
