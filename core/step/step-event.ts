/**
 * The event with which a state machine invokes a step. infra/deployed-machine.ts makes it, and
 * docs/data-contract.md describes it.
 */
import { type DataRef, dataKey, InvalidKey, parseDataKey, parseStepKey, type StepRef } from '../keys.ts';
import { InvalidStepEvent } from './errors.ts';

/** A parsed event. */
export type StepEvent = {
  bucket: string;
  /** The process. */
  data: DataRef;
  /** The document that this run writes. */
  own: StepRef;
  /** The number of the attempt, from 1. */
  attempt: number;
  state: unknown;
};

/** Parses the event. Throws {@link InvalidStepEvent}. */
export function parseEvent(event: unknown): StepEvent {
  const { bucket, processData, document, attempt, state } = (event ?? {}) as Record<string, unknown>;
  const isWellFormed =
    typeof bucket === 'string' &&
    typeof processData === 'string' &&
    typeof document === 'string' &&
    typeof attempt === 'number' &&
    state !== undefined;
  if (!isWellFormed) throw new InvalidStepEvent(event);
  try {
    const data = parseDataKey(processData);
    const { step, part, ...of } = parseStepKey(document);
    if (dataKey(of) !== processData) throw new InvalidStepEvent(event);
    return { bucket, data, own: part === undefined ? { step } : { step, part }, attempt: attempt + 1, state };
  } catch (cause) {
    throw cause instanceof InvalidKey ? new InvalidStepEvent(event, { cause }) : cause;
  }
}
