import { InvalidInput } from './errors.ts';

/** A request to AppSync holds 1 MB, and an input travels in it escaped. */
const MAX_INPUT_BYTES = 700_000;

/** Throws {@link InvalidInput} for an input of more JSON than a start takes. */
export function rejectTooLarge(bytes: number): void {
  if (bytes <= MAX_INPUT_BYTES) return;
  throw new InvalidInput(`The input has ${bytes} bytes of JSON, and ${MAX_INPUT_BYTES} is the limit`, [
    { path: '', message: `must have at most ${MAX_INPUT_BYTES} bytes` },
  ]);
}
