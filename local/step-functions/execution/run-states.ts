import { setImmediate } from 'node:timers/promises';
import type { JsonValue } from '../../common/json.ts';
import { chooseNext } from '../states-language/choice.ts';
import { effectiveInput, limitData, stateOutput, taskInput } from '../states-language/data-flow.ts';
import { evaluateExpression } from '../states-language/payload-template.ts';
import { recordOf, revive, runtimeFailure, StateFailure } from '../states-language/state-failure.ts';
import type {
  FailState,
  PassState,
  State,
  StateMachine,
  SucceedState,
} from '../states-language/state-machine.ts';
import { inputDetails, outputDetails } from './history-event.ts';
import { appendEvents, type Branch, contextOf } from './run.ts';
import { runMap, runParallel } from './run-parallel-and-map.ts';
import { runTask } from './run-task.ts';
import { runWait } from './run-wait.ts';

/**
 * The end of a state: its output and the next state. `closing` appends the events that belong
 * before its exit.
 */
export type StateEnd = { output: JsonValue; next: string | undefined; closing?: () => void };

/**
 * Runs a sequence of states and returns its output. It continues from the frame, and a frame that
 * has ended gives the same end again. Throws the {@link StateFailure} of a state that nothing
 * caught.
 */
export async function runStates(branch: Branch, machine: StateMachine, input: JsonValue): Promise<JsonValue> {
  const { frame, run } = branch;
  if (frame.status === 'SUCCEEDED') return frame.output;
  if (frame.failure) throw revive(frame.failure);
  try {
    if (frame.stateName === '') {
      if (run.deletion) throw run.deletion;
      enter(branch, machine, machine.StartAt, input);
    }
    for (;;) {
      // Lets requests be handled: some states need no time, and machines may loop.
      await setImmediate();
      branch.signal.throwIfAborted();
      const state = stateOf(machine, frame.stateName);
      const { output, next, closing } = await runState(branch, state);
      branch.signal.throwIfAborted();
      // No await from here to the next state: an exit is never committed without what follows from
      // it.
      closing?.();
      limitData(output, frame.stateName);
      appendEvents(branch, {
        type: `${state.Type}StateExited`,
        details: { name: frame.stateName, ...outputDetails(output) },
      });
      run.dropChildren(frame);
      if (next === undefined) {
        Object.assign(frame, { status: 'SUCCEEDED', input: null, output });
        return output;
      }
      if (run.deletion) throw run.deletion;
      enter(branch, machine, next, output);
    }
  } catch (error) {
    if (!(error instanceof StateFailure) || branch.signal.aborted) throw error;
    const type = findState(machine, frame.stateName)?.Type;
    if ((type === 'Parallel' || type === 'Map') && !error.isTerminal) {
      appendEvents(branch, { type: `${type}StateFailed` });
    }
    const failure = located(error, branch);
    Object.assign(frame, { status: 'FAILED', failure: recordOf(failure) });
    run.markDirty(frame);
    throw failure;
  }
}

/** Adds the state to a failure of the runtime, in the words of Step Functions. */
function located(failure: StateFailure, { frame: { stateName, enteredEventId } }: Branch): StateFailure {
  const { error, reason = '' } = failure;
  if (
    error !== 'States.Runtime' ||
    /^(An error occurred while|The execution reached|State machine .* has been deleted)/.test(reason)
  )
    return failure;
  return runtimeFailure(
    `An error occurred while executing the state '${stateName}' (entered at the event id #${enteredEventId}). ${reason}`,
  );
}

function findState({ States }: StateMachine, name: string): State | undefined {
  return Object.hasOwn(States, name) ? States[name] : undefined;
}

function stateOf(machine: StateMachine, name: string): State {
  const state = findState(machine, name);
  if (!state) throw runtimeFailure(`The state '${name}' is not in the definition.`);
  return state;
}

function enter(branch: Branch, machine: StateMachine, stateName: string, input: JsonValue): void {
  const { frame } = branch;
  const type = `${stateOf(machine, stateName).Type}StateEntered`;
  Object.assign(frame, {
    stateName,
    input,
    enteredAtMs: Date.now(),
    attemptsBegun: 0,
    failures: [],
    waitUntilMs: null,
  });
  appendEvents(branch, { type, details: { name: stateName, ...inputDetails(input) } });
  frame.enteredEventId = frame.lastEventId;
}

async function runState(branch: Branch, state: State): Promise<StateEnd> {
  switch (state.Type) {
    case 'Task':
      return runTask(branch, state);
    case 'Parallel':
      return runParallel(branch, state);
    case 'Map':
      return runMap(branch, state);
    case 'Wait':
      return runWait(branch, state);
    case 'Pass':
      return runPass(branch, state);
    case 'Choice': {
      const context = contextOf(branch);
      const data = effectiveInput(state, branch.frame.input, context);
      const output = await stateOutput(state, branch.frame.input, data, context);
      return { output, next: await chooseNext(state, { data, context }) };
    }
    case 'Succeed':
      return runSucceed(branch, state);
    case 'Fail':
      return runFail(branch, state);
  }
}

async function runPass(branch: Branch, state: PassState): Promise<StateEnd> {
  const { input } = branch.frame;
  const context = contextOf(branch);
  const result = state.Result === undefined ? await taskInput(state, input, context) : state.Result;
  return { output: await stateOutput(state, input, result, context), next: state.Next };
}

async function runSucceed(branch: Branch, state: SucceedState): Promise<StateEnd> {
  const { input } = branch.frame;
  const context = contextOf(branch);
  return {
    output: await stateOutput(state, input, effectiveInput(state, input, context), context),
    next: undefined,
  };
}

async function runFail(branch: Branch, state: FailState): Promise<never> {
  const text = async (field: 'ErrorPath' | 'CausePath') => {
    const path = state[field];
    if (path === undefined) return undefined;
    const value = await evaluateExpression(path, field, {
      data: branch.frame.input,
      context: contextOf(branch),
    });
    if (typeof value === 'string') return value;
    throw runtimeFailure(`The ${field} '${path}' must lead to a string, not to '${JSON.stringify(value)}'`);
  };
  throw new StateFailure(state.Error ?? (await text('ErrorPath')), state.Cause ?? (await text('CausePath')));
}
