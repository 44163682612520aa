import { type Backoff, backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { RequestError } from './errors.ts';
import { type Lifetime, sleep } from './lifetime.ts';

/** The pauses between five attempts take six seconds at most. */
const ATTEMPTS = 5;
const PAUSE: Backoff = { firstMs: 200, maxMs: 3_200 };

/** Value of `attempts` for unlimited retries. */
export const WITHOUT_LIMIT = 0;

/** Runs the work, and retries temporary failures after a growing random pause of up to 3.2 s. */
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
      const isTemporary = error instanceof RequestError && error.retryable;
      if (lifetime.ended || !isTemporary || attempt === attempts) throw error;
    }
    await sleep(backoffMs(attempt, PAUSE), lifetime, clock);
  }
}
