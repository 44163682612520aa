/** The bound of the first pause, and of every later one. */
export type Backoff = { firstMs: number; maxMs: number };

/**
 * How long to wait before the next attempt: anything up to a bound that doubles with each failure
 * ("full jitter"), so that clients which were cut off together do not come back together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff): number {
  return Math.random() * Math.min(maxMs, firstMs * 2 ** failures);
}

/**
 * For the connection. When a server goes down, all its clients are cut off at the same moment. With
 * these two figures they try at most 1.6 times as often at first as they do for as long as it is
 * away. A shorter first pause would make the peak higher, a longer last one the return later
 * (`npm run bench` measures both).
 */
export const RECONNECT: Backoff = { firstMs: 6_000, maxMs: 12_000 };

/** The delay, a fifth more or less, so that thousands of polls that began together spread out. */
export function withJitter(delayMs: number): number {
  return delayMs * (0.8 + 0.4 * Math.random());
}
