import { type Backoff, backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { RequestError } from './errors.ts';
import { type Lifetime, sleep } from './lifetime.ts';

/** With the pauses between them, five attempts take six seconds at most, besides their own time. */
const ATTEMPTS = 5;
const PAUSE: Backoff = { firstMs: 200, maxMs: 3_200 };

/** A number of attempts that is never reached. */
export const WITHOUT_LIMIT = 0;

/**
 * The work's result; an attempt that failed in a way that may pass is repeated, after a growing,
 * random pause of up to 30 s.
 */
export async function retry<Result>(
  work: () => Promise<Result>,
  lifetime: Lifetime,
  clock: Clock,
  attempts: number = ATTEMPTS,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof RequestError && error.retryable;
      if (lifetime.ended || !mayPass || attempt === attempts) throw error;
    }
    await sleep(backoffMs(attempt, PAUSE), lifetime, clock);
  }
}
