import type { Clock } from './clock.ts';
import { RequestError } from './errors.ts';
import type { Lifetime } from './lifetime.ts';

/** An HTTP answer, read to its end. */
export type HttpAnswer = { status: number; text: string };

/**
 * Sends one request, once. Rejects with {@link RequestError} `NetworkError`, or with the lifetime's
 * reason.
 */
export type Http = (url: string, init: RequestInit, lifetime: Lifetime) => Promise<HttpAnswer>;

/** AppSync answers or gives up within 30 s; an answer that takes longer is not coming. */
const ANSWER_WITHIN_MS = 35_000;

/**
 * Adds to a `fetch` function what it lacks: a time limit, and one error for every way not to get a
 * response. Throws TypeError on a platform without `fetch` when none is passed.
 */
export function createHttp(fetch: typeof globalThis.fetch | undefined, clock: Clock): Http {
  if (!fetch) throw new TypeError('Expected the option fetch: this platform has none.');
  return async (url, init, lifetime) => {
    const controller = new AbortController();
    const cancel = clock.after(ANSWER_WITHIN_MS, () => controller.abort());
    const release = lifetime.onEnd(() => {
      cancel();
      controller.abort();
    });
    try {
      const response = await fetch(url, { ...init, signal: controller.signal });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      if (lifetime.ended) throw lifetime.reason;
      const message = `No answer from ${withoutQuery(url)}: ${cause}`;
      throw new RequestError(message, 'NetworkError', 0, { cause });
    } finally {
      cancel();
      release();
    }
  };
}

/** The error for an answer that is not what was asked for. */
export function unexpectedAnswer(url: string, { status, text }: HttpAnswer): RequestError {
  const message = `Unexpected answer from ${withoutQuery(url)}: HTTP ${status} ${text.slice(0, 200)}`;
  return new RequestError(message, 'HttpError', status);
}

/** In the query of a presigned address stands a secret. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*/, '?…');
}
