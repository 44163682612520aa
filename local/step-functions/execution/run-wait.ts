import { setTimeout as delay } from 'node:timers/promises';
import { MAX_TIMEOUT_MS } from '../../common/clock.ts';
import { assignedVariables, effectiveInput, stateOutput } from '../states-language/data-flow.ts';
import { evaluateExpression } from '../states-language/payload-template.ts';
import type { Scope } from '../states-language/reference-path.ts';
import { runtimeFailure } from '../states-language/state-failure.ts';
import type { WaitState } from '../states-language/state-machine.ts';
import { type Branch, bindingsOf } from './run.ts';
import type { StateEnd } from './run-states.ts';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Runs a Wait. Its end is committed, so that a restart does not postpone it. */
export async function runWait(branch: Branch, state: WaitState): Promise<StateEnd> {
  const { frame, run, signal } = branch;
  const bindings = bindingsOf(branch);
  const data = effectiveInput(state, frame.input, bindings);
  const output = await stateOutput(state, frame.input, data, bindings);
  const variables = await assignedVariables(state.Assign, data, bindings);
  frame.waitUntilMs ??= await endOfWait(state, { ...bindings, data });
  signal.throwIfAborted();
  run.markDirty(frame);
  run.commit();
  await sleepUntil(frame.waitUntilMs, signal);
  return { output, variables, next: state.Next };
}

/** Resolves at that time, however distant. Rejects when the signal aborts. */
export async function sleepUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  for (let left = timeMs - Date.now(); left > 0; left = timeMs - Date.now()) {
    await delay(Math.min(left, MAX_TIMEOUT_MS), undefined, { signal });
  }
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html */
async function endOfWait(state: WaitState, scope: Scope): Promise<number> {
  const { SecondsPath, TimestampPath } = state;
  if (TimestampPath !== undefined || state.Timestamp !== undefined) {
    const timestamp = TimestampPath
      ? await evaluateExpression(TimestampPath, 'TimestampPath', scope)
      : state.Timestamp;
    const timeMs = TIMESTAMP.test(String(timestamp)) ? Date.parse(String(timestamp)) : Number.NaN;
    if (!Number.isNaN(timeMs)) return timeMs;
    throw runtimeFailure(
      `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${TimestampPath} == ${timestamp}`,
    );
  }
  const seconds = SecondsPath ? await evaluateExpression(SecondsPath, 'SecondsPath', scope) : state.Seconds;
  if (Number.isInteger(seconds) && Number(seconds) >= 0) return Date.now() + Number(seconds) * 1000;
  throw runtimeFailure(
    `The SecondsPath parameter does not reference a whole number from 0: ${SecondsPath} == ${seconds}`,
  );
}
