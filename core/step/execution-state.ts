/**
 * The state that travels through an execution, and what it says about the numbers of documents.
 *
 * A step in a Map has the item's number in `item` (put there by the Map's ItemSelector). A step in
 * a loop finds in `entries` how often each step of the loop has finished; the wrapper counts there.
 * A Retry or a redrive comes with the same state, and so to the same document.
 */
import type { Route } from '../documents.ts';
import type { StepRef } from '../keys.ts';
import { InvalidStepEvent } from './errors.ts';

/** `processData` is the process key; everything beside it is small: routing values and numbers. */
export type ExecutionState = {
  processData: string;
  item?: number | string;
  entries?: Record<string, number>;
} & Route;

const RESERVED = ['processData', 'item', 'entries'];

/**
 * The state and the attempt (from 1) that the machine's `Parameters` pass. Throws
 * {@link InvalidStepEvent}.
 */
export function parseEvent(step: string, event: unknown): { state: ExecutionState; attempt: number } {
  const { state, attempt } = (event ?? {}) as { state?: Partial<ExecutionState> | null; attempt?: unknown };
  if (typeof state?.processData !== 'string' || typeof attempt !== 'number')
    throw new InvalidStepEvent(step, event);
  return { state: state as ExecutionState, attempt: attempt + 1 };
}

/** The document that this run of the step writes. */
export function ownDocument(state: ExecutionState, step: string, loops: boolean): StepRef {
  return ref(step, [itemOf(state), loops ? (state.entries?.[step] ?? 0) : undefined]);
}

/**
 * Where the latest document of another step may lie, best first: for this item of the Map, else for
 * the process.
 */
export function documentCandidates(state: ExecutionState, step: string): StepRef[] {
  const entries = state.entries?.[step];
  const entry = entries === undefined ? undefined : entries - 1;
  const item = itemOf(state);
  const candidates = [ref(step, [item, entry])];
  if (item !== undefined) candidates.push(ref(step, [entry]));
  return candidates;
}

/** The state after the step: its routing values have joined, and a loop's entry is counted. */
export function stateAfter(
  state: ExecutionState,
  step: string,
  route: Route,
  loops: boolean,
): ExecutionState {
  const next = { ...state, ...routeOf(route) };
  return loops ? { ...next, entries: { ...state.entries, [step]: (state.entries?.[step] ?? 0) + 1 } } : next;
}

/** The routing values alone. */
export function routeOf(state: Route): Route {
  return Object.fromEntries(Object.entries(state).filter(([name]) => !RESERVED.includes(name)));
}

function itemOf(state: ExecutionState): string | undefined {
  return state.item === undefined ? undefined : String(state.item);
}

function ref(step: string, numbers: (string | number | undefined)[]): StepRef {
  const part = numbers.filter((number) => number !== undefined).join('/');
  return part === '' ? { step } : { step, part };
}
