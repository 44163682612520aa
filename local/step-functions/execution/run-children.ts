import { assignedVariables, placeResult, stateOutput } from '../states-language/data-flow.ts';
import { withRetryAndCatch } from '../states-language/engine.ts';
import type { Bindings } from '../states-language/reference-path.ts';
import { recordOf, revive, StateFailure } from '../states-language/state-failure.ts';
import type { MapState, ParallelState } from '../states-language/state-machine.ts';
import { type Children, runConcurrently } from './concurrent-children.ts';
import type { EventDraft } from './history-event.ts';
import { appendEvents, type Branch, bindingsOf } from './run.ts';
import type { StateEnd } from './run-states.ts';

/**
 * Runs a Parallel or Map under its Retry and Catch. A failed child stops the others. Within one
 * attempt a completed child stays completed, also across restarts and redrives.
 */
export async function runChildren(
  branch: Branch,
  state: ParallelState | MapState,
  childrenOf: (bindings: Bindings) => Promise<Children>,
): Promise<StateEnd> {
  const { frame, run, signal } = branch;
  const { input } = frame;

  async function attempt(number: number): Promise<StateEnd & { succeeded: EventDraft }> {
    const earlier = frame.failures[number];
    if (earlier) throw revive(earlier);
    const bindings = bindingsOf(branch, number);
    const children = await childrenOf(bindings);
    signal.throwIfAborted();
    if (frame.attemptsBegun === number) {
      run.dropChildren(frame);
      appendEvents(branch, children.started);
      frame.attemptsBegun++;
    }
    try {
      const results = await runConcurrently(branch, children);
      return {
        output: await stateOutput(state, input, results, bindings),
        variables: await assignedVariables(state.Assign, results, bindings),
        next: state.Next,
        succeeded: children.succeeded,
      };
    } catch (error) {
      if (!(error instanceof StateFailure) || signal.aborted) throw error;
      // The failure of a child is recorded already.
      if (frame.failures.length === number) frame.failures.push(recordOf(error));
      run.markDirty(frame);
      run.commit();
      throw error;
    }
  }

  const end = await withRetryAndCatch(state, attempt, {
    isIntervalOver: (number) => frame.attemptsBegun > number + 1,
    signal,
  });
  if ('value' in end) {
    const { succeeded, ...stateEnd } = end.value;
    // The exit follows the event before this one, as on AWS.
    return { ...stateEnd, closing: () => run.event(succeeded, frame.lastEventId) };
  }
  const catcher = state.Catch?.[end.catcher];
  return {
    output: placeResult(catcher?.ResultPath, input, end.error),
    variables: await assignedVariables(catcher?.Assign, end.error, bindingsOf(branch)),
    next: catcher?.Next,
    closing: () => appendEvents(branch, { type: `${state.Type}StateFailed` }),
  };
}
