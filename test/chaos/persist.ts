import { setTimeout as delay } from 'node:timers/promises';
import { RequestError } from '../../client/index.ts';

const ATTEMPTS = 200;
const PAUSE_MS = 250;

/** Tries again what the client gave up and may pass: in these runs the server is away for longer than a caller would wait. */
export async function persist<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof RequestError && error.retryable)) throw error;
      await delay(PAUSE_MS);
    }
  }
}
