/** No pause before trying again is longer. */
const LONGEST_BACKOFF_MS = 30_000;

/**
 * How long to wait before trying again: anything up to a bound that doubles with each failure ("full jitter"), so
 * that clients which were cut off together do not come back together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, firstMs: number): number {
  return Math.random() * Math.min(LONGEST_BACKOFF_MS, firstMs * 2 ** failures);
}

/** The delay, a fifth more or less, so that thousands of polls that began together spread out. */
export function aboutMs(delayMs: number): number {
  return delayMs * (0.8 + 0.4 * Math.random());
}
