import type { JsonValue } from '../../common/json.ts';
import { recordOf, StateFailure } from '../states-language/state-failure.ts';
import type { StateMachine } from '../states-language/state-machine.ts';
import { childPath, type Frame, newFrame } from './frame.ts';
import type { EventDraft } from './history-event.ts';
import type { Branch } from './run.ts';
import { runStates } from './run-states.ts';

/** The branches of a Parallel or the iterations of a Map, in one attempt at the state. */
export type Children = {
  count: number;
  machineOf: (index: number) => StateMachine;
  inputOf: (index: number) => Promise<JsonValue>;
  maxConcurrency: number;
  /** The event before the children. */
  started: EventDraft;
  /** The event of one child. A branch of a Parallel has none. */
  event?: (what: 'Started' | 'Succeeded' | 'Failed' | 'Aborted', index: number) => EventDraft;
  /** The event after the children. */
  succeeded: EventDraft;
};

/** The types of state that have an event for being aborted. */
const ABORTABLE = ['Task', 'Wait', 'Parallel', 'Map'];

/**
 * Runs all children and returns their results in order. Children that were begun continue from
 * their frames.
 *
 * The first failure stops the other children, and is thrown when they have stopped.
 */
export async function runConcurrently(branch: Branch, children: Children): Promise<JsonValue[]> {
  const { frame: parent, run } = branch;
  const failed = new AbortController();
  const signal = AbortSignal.any([branch.signal, failed.signal]);
  const results: JsonValue[] = new Array(children.count).fill(null);
  const waiting = results.keys();
  const startedEventId = parent.lastEventId;

  async function runChild(index: number, previousEventId: number): Promise<Frame> {
    const known = run.frames.get(childPath(parent, index));
    const input = known ? null : await children.inputOf(index);
    signal.throwIfAborted();
    const started = known ? undefined : children.event?.('Started', index);
    const child =
      known ??
      newFrame(childPath(parent, index), started ? run.event(started, previousEventId) : previousEventId);
    const wasDone = child.status === 'SUCCEEDED';
    results[index] = await runStates({ run, frame: child, signal }, children.machineOf(index), input);
    if (!wasDone) {
      signal.throwIfAborted();
      const succeeded = children.event?.('Succeeded', index);
      parent.lastEventId = succeeded ? run.event(succeeded, child.lastEventId) : child.lastEventId;
      run.markDirty(parent);
      run.commit();
    }
    return child;
  }

  /**
   * Stops the others. History and frame change in the same step, so that a restart does not record
   * it again.
   */
  function stopOthers(index: number, error: unknown): void {
    failed.abort(error);
    const child = run.frames.get(childPath(parent, index));
    if (!child || !(error instanceof StateFailure)) return;
    parent.lastEventId = child.lastEventId;
    parent.failures.push(recordOf(error));
    run.markDirty(parent);
    if (error.isTerminal) return;
    const append = (draft: EventDraft | undefined) => draft && run.event(draft, child.lastEventId);
    append(children.event?.('Failed', index));
    for (let other = 0; other < children.count; other++) {
      const sibling = run.frames.get(childPath(parent, other));
      if (sibling?.status !== 'RUNNING') continue;
      const type = children.machineOf(other).States[sibling.stateName]?.Type ?? '';
      if (ABORTABLE.includes(type)) append({ type: `${type}StateAborted` });
      append(children.event?.('Aborted', other));
    }
  }

  async function work(): Promise<void> {
    let previousEventId = startedEventId;
    for (const index of waiting) {
      try {
        previousEventId = (await runChild(index, previousEventId)).lastEventId;
      } catch (error) {
        if (!signal.aborted) stopOthers(index, error);
        return;
      }
    }
  }

  const workers = Array.from({ length: Math.min(children.maxConcurrency, children.count) }, work);
  await Promise.all(workers);
  branch.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return results;
}
