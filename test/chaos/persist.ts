import { setTimeout as delay } from 'node:timers/promises';
import { RequestError } from '../../client/index.ts';

const ATTEMPTS = 200;
const PAUSE_MS = 250;

/**
 * Repeats a call that the client has given up, and that may succeed later: in these runs the server
 * is away for longer than a caller would wait. `passes` says which other errors are temporary.
 */
export async function persist<Result>(
  call: () => Promise<Result>,
  passes: (error: unknown) => boolean = () => false,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === ATTEMPTS || !(mayPass(error) || passes(error))) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/** Resolves also if the call was given up, or was rejected with an expected error. */
export async function tolerate(
  call: Promise<unknown>,
  isExpected: (error: unknown) => boolean,
): Promise<void> {
  await call.catch((error: unknown) => {
    if (!mayPass(error) && !isExpected(error)) throw error;
  });
}

/** Returns whether the API rejected the call with an error of this type. */
export function isRejectedWith(errorType: string): (error: unknown) => boolean {
  return (error) => error instanceof RequestError && error.errorType === errorType;
}

function mayPass(error: unknown): boolean {
  return error instanceof RequestError && error.retryable;
}
