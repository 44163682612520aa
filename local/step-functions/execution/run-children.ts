import type { JsonObject, JsonValue } from '../../common/json.ts';
import { placeResult, stateOutput } from '../states-language/data-flow.ts';
import { withRetryAndCatch } from '../states-language/engine.ts';
import { recordOf, revive, StateFailure } from '../states-language/state-failure.ts';
import type { MapState, ParallelState } from '../states-language/state-machine.ts';
import type { EventDraft } from './history-event.ts';
import { contextOf, follow, type Line } from './run.ts';
import type { StateEnd } from './run-states.ts';
import { type Children, runSideBySide } from './side-by-side.ts';

/**
 * Runs a state that has states inside, under its Retry and Catch. A child that failed stops the
 * others; a child that is done stays done while the attempt lasts, over restarts and redrives too.
 */
export async function runChildren(
  line: Line,
  state: ParallelState | MapState,
  childrenOf: (context: JsonObject) => Promise<Children>,
): Promise<StateEnd> {
  const { frame, run, signal } = line;
  const { input } = frame;

  async function attempt(number: number): Promise<{ output: JsonValue; succeeded: EventDraft }> {
    const earlier = frame.failures[number];
    if (earlier) throw revive(earlier);
    const context = contextOf(line, number);
    const children = await childrenOf(context);
    signal.throwIfAborted();
    if (frame.attemptsBegun === number) {
      run.dropChildren(frame);
      follow(line, children.started);
      frame.attemptsBegun++;
    }
    try {
      const results = await runSideBySide(line, children);
      return { output: await stateOutput(state, input, results, context), succeeded: children.succeeded };
    } catch (error) {
      if (!(error instanceof StateFailure) || signal.aborted) throw error;
      // Unless a child has failed, and is recorded.
      if (frame.failures.length === number) frame.failures.push(recordOf(error));
      run.changed(frame);
      run.keep();
      throw error;
    }
  }

  const end = await withRetryAndCatch(state, attempt, {
    isIntervalOver: (number) => frame.attemptsBegun > number + 1,
    signal,
  });
  if ('value' in end) {
    const { output, succeeded } = end.value;
    // The exit follows what came before this event, as on AWS.
    return { output, next: state.Next, closing: () => run.event(succeeded, frame.lastEventId) };
  }
  const catcher = state.Catch?.[end.catcher];
  const output = placeResult(catcher?.ResultPath, input, end.error);
  return { output, next: catcher?.Next, closing: () => follow(line, { type: `${state.Type}StateFailed` }) };
}
