import { InvalidInput } from './errors.ts';

/** A request to AppSync is limited to 1 MB, and contains the input as an escaped string. */
const MAX_INPUT_BYTES = 700_000;

/** Throws {@link InvalidInput} if the input's JSON exceeds the limit. */
export function rejectTooLarge(bytes: number): void {
  if (bytes <= MAX_INPUT_BYTES) return;
  throw new InvalidInput(`Expected an input of at most ${MAX_INPUT_BYTES} bytes of JSON, got ${bytes}`, [
    { path: '', message: `must have at most ${MAX_INPUT_BYTES} bytes` },
  ]);
}
