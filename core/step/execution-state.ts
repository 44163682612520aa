/**
 * The state of an execution, and the document indexes that follow from it.
 *
 * In a Map, `item` is the index of the item (set by the Map's ItemSelector). In a loop, `entries`
 * is the number of completed iterations by step, which the wrapper increments. A Retry or a redrive
 * has the same state, and so writes the same document.
 */
import type { Route } from '../documents.ts';
import type { StepRef } from '../keys.ts';
import { InvalidStepEvent } from './errors.ts';

/** The process key, and small values: routing values and indexes. */
export type ExecutionState = {
  processData: string;
  item?: number | string;
  entries?: Record<string, number>;
} & Route;

const RESERVED = ['processData', 'item', 'entries'];

/**
 * Returns the state and the attempt (from 1) from the machine's `Parameters`. Throws
 * {@link InvalidStepEvent}.
 */
export function parseEvent(step: string, event: unknown): { state: ExecutionState; attempt: number } {
  const { state, attempt } = (event ?? {}) as { state?: Partial<ExecutionState> | null; attempt?: unknown };
  if (typeof state?.processData !== 'string' || typeof attempt !== 'number')
    throw new InvalidStepEvent(step, event);
  return { state: state as ExecutionState, attempt: attempt + 1 };
}

/** Returns the document that this run of the step writes. */
export function ownDocument(state: ExecutionState, step: string, loops: boolean): StepRef {
  return ref(step, [itemOf(state), loops ? (state.entries?.[step] ?? 0) : undefined]);
}

/**
 * Returns where the latest document of another step may be, best first: for this item of the Map,
 * then for the process.
 */
export function documentCandidates(state: ExecutionState, step: string): StepRef[] {
  const entries = state.entries?.[step];
  const entry = entries === undefined ? undefined : entries - 1;
  const item = itemOf(state);
  const candidates = [ref(step, [item, entry])];
  if (item !== undefined) candidates.push(ref(step, [entry]));
  return candidates;
}

/** Returns the state with the step's routing values and, in a loop, the completed iteration. */
export function stateAfter(
  state: ExecutionState,
  step: string,
  route: Route,
  loops: boolean,
): ExecutionState {
  const next = { ...state, ...routeOf(route) };
  return loops ? { ...next, entries: { ...state.entries, [step]: (state.entries?.[step] ?? 0) + 1 } } : next;
}

/** Returns only the routing values of a state. */
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
