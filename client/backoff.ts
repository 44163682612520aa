/** Upper bounds of the first pause, and of all later ones. */
export type Backoff = { firstMs: number; maxMs: number };

/**
 * Returns how long to wait before the next attempt: a random time up to a bound that doubles with
 * each failure ("full jitter"). Clients that lost their connections together do not return
 * together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff): number {
  return Math.random() * Math.min(maxMs, firstMs * 2 ** failures);
}

/**
 * Backoff of the connection. When a server goes down, all its clients are disconnected at the same
 * moment. With these values, their rate of attempts is at first at most 1.6 times the later one. A
 * shorter first pause would raise the peak; a longer last one would delay the return (`npm run
 * bench` measures both).
 */
export const RECONNECT: Backoff = { firstMs: 6_000, maxMs: 12_000 };

/** Varies a delay by up to 20 %, so that polls that began together spread out. */
export function withJitter(delayMs: number): number {
  return delayMs * (0.8 + 0.4 * Math.random());
}
