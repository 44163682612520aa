import type { Clock } from './clock.ts';
import { RequestError } from './errors.ts';
import type { Lifetime } from './lifetime.ts';

/** A complete HTTP response. */
export type HttpResponse = { status: number; text: string };

/**
 * Sends one request, once. Rejects with {@link RequestError} `NetworkError`, or with the lifetime's
 * reason.
 */
export type Http = (url: string, init: RequestInit, lifetime: Lifetime) => Promise<HttpResponse>;

/** AppSync responds or times out within 30 s. */
const RESPONSE_TIMEOUT_MS = 35_000;

/**
 * Adds a timeout to a `fetch` function, and one error for every kind of failure. Throws TypeError
 * if neither the caller nor the platform provides `fetch`.
 */
export function createHttp(fetch: typeof globalThis.fetch | undefined, clock: Clock): Http {
  if (!fetch) throw new TypeError('Expected the option fetch: the platform has no fetch.');
  return async (url, init, lifetime) => {
    const controller = new AbortController();
    const cancel = clock.after(RESPONSE_TIMEOUT_MS, () => controller.abort());
    const release = lifetime.onEnd(() => {
      cancel();
      controller.abort();
    });
    try {
      const response = await fetch(url, { ...init, signal: controller.signal });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      if (lifetime.ended) throw lifetime.reason;
      const message = `No response from ${withoutQuery(url)}: ${cause}`;
      throw new RequestError(message, 'NetworkError', 0, { cause });
    } finally {
      cancel();
      release();
    }
  };
}

/** Creates the error for an unexpected response. */
export function unexpectedResponse(url: string, { status, text }: HttpResponse): RequestError {
  const message = `Unexpected response from ${withoutQuery(url)}: HTTP ${status} ${text.slice(0, 200)}`;
  return new RequestError(message, 'HttpError', status);
}

/** The query of a presigned URL contains a secret. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*/, '?…');
}
