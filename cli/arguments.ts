import { InvalidArgumentError } from 'commander';

/** Timers with a longer delay fire at once: Node's limit is a signed 32-bit number of ms. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/**
 * Parses a processId. Throws commander's error, which commander prints with the argument's name.
 */
export function toProcessId(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a lowercase UUID.');
}

/** Parses seconds. Throws commander's error, which commander prints with the option's name. */
export function toTimeoutSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds;
  throw new InvalidArgumentError(`Expected a number of seconds, above 0 and up to ${MAX_TIMEOUT_SECONDS}.`);
}

/** Parses a port. Throws commander's error, which commander prints with the option's name. */
export function toPort(text: string): number {
  const port = Number(text || Number.NaN);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected 0 to 65535.');
}

/** Quotes the words for a POSIX shell and joins them in one line. */
export function toShellWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
