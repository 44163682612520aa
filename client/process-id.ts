import { invalidInput, type RequestError } from './errors.ts';

/**
 * Creates a processId: a random lowercase UUID. With an id created before the call, a start is safe
 * to repeat.
 *
 * Throws if the platform has no secure random numbers (React Native without a polyfill): an id that
 * can be guessed or repeated is not safe. Does not use `crypto.randomUUID`, which pages without TLS
 * do not have.
 *
 * @example
 * const processId = createProcessId();
 * localStorage.setItem('order', processId); // found again after a reload
 * await client.start('order', input, { processId });
 * @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4
 */
export function createProcessId(): string {
  const form = 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx';
  const random = globalThis.crypto?.getRandomValues?.(new Uint8Array(form.length));
  if (!random) {
    throw new Error(
      'Expected crypto.getRandomValues: pass a processId, or import react-native-get-random-values.',
    );
  }
  return form.replace(/x/g, (_, at: number) => ((random[at] ?? 0) % 16).toString(16));
}

const PROCESS_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns the API's error for an invalid processId, such as an uppercase UUID. */
export function processIdError(processId: string): RequestError | undefined {
  if (PROCESS_ID.test(processId)) return undefined;
  const message = 'must be a lowercase UUID';
  return invalidInput(`Expected processId to be a lowercase UUID, got [${processId}]`, '/processId', message);
}
