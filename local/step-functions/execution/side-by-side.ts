import type { JsonValue } from '../../common/json.ts';
import { recordOf, StateFailure } from '../states-language/state-failure.ts';
import type { StateMachine } from '../states-language/state-machine.ts';
import { childPath, type Frame, newFrame } from './frame.ts';
import type { EventDraft } from './history-event.ts';
import type { Line } from './run.ts';
import { runStates } from './run-states.ts';

/** The branches of a Parallel or the iterations of a Map, as one attempt at the state runs them. */
export type Children = {
  count: number;
  machineOf: (index: number) => StateMachine;
  inputOf: (index: number) => Promise<JsonValue>;
  maxConcurrency: number;
  /** Written before the children. */
  started: EventDraft;
  /** Of one child. A branch of a Parallel has none. */
  event?: (what: 'Started' | 'Succeeded' | 'Failed' | 'Aborted', index: number) => EventDraft;
  /** Written after the children. */
  succeeded: EventDraft;
};

/** The types of state that have an event for being cut off. */
const ABORTABLE = ['Task', 'Wait', 'Parallel', 'Map'];

/**
 * The results of all children, in their order. Children that were begun go on where they stand.
 *
 * The first failure of one stops the others, and is thrown when they have stopped.
 */
export async function runSideBySide(line: Line, children: Children): Promise<JsonValue[]> {
  const { frame: parent, run } = line;
  const failed = new AbortController();
  const signal = AbortSignal.any([line.signal, failed.signal]);
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
      run.changed(parent);
      run.keep();
    }
    return child;
  }

  /**
   * Stops the others. In one step with what the history and the frame say of it, so that it is not
   * said again after a restart.
   */
  function stopOthers(index: number, error: unknown): void {
    failed.abort(error);
    const child = run.frames.get(childPath(parent, index));
    if (!child || !(error instanceof StateFailure)) return;
    parent.lastEventId = child.lastEventId;
    parent.failures.push(recordOf(error));
    run.changed(parent);
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
  line.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return results;
}
