import { invalidInput, type RequestError } from './errors.ts';

/**
 * A new processId: a random lower-case UUID. Made before the call, it makes a start safe to repeat.
 *
 * Throws where there are no secure random numbers (React Native without a polyfill): an id that
 * could be guessed, or come twice, is not safe. `crypto.randomUUID` is not used, because pages
 * without TLS do not have it.
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
      'No crypto.getRandomValues here: pass a processId, or import react-native-get-random-values.',
    );
  }
  return form.replace(/x/g, (_, at: number) => ((random[at] ?? 0) % 16).toString(16));
}

const PROCESS_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The error that the API gives for what no process can have as its id, such as a UUID in upper
 * case.
 */
export function processIdError(processId: string): RequestError | undefined {
  if (PROCESS_ID.test(processId)) return undefined;
  const message = 'must be a UUID in lower case';
  return invalidInput(`The processId ${message}, not [${processId}]`, '/processId', message);
}
