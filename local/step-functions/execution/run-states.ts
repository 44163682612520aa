import { setImmediate } from 'node:timers/promises';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { chooseNext } from '../states-language/choice.ts';
import {
  assignedVariables,
  effectiveInput,
  limitData,
  sizeOf,
  stateOutput,
  taskInput,
} from '../states-language/data-flow.ts';
import { evaluateExpression } from '../states-language/payload-template.ts';
import { recordOf, revive, runtimeFailure, StateFailure } from '../states-language/state-failure.ts';
import type {
  FailState,
  PassState,
  State,
  StateMachine,
  SucceedState,
} from '../states-language/state-machine.ts';
import { inputDetails, outputDetails, variableDetails } from './history-event.ts';
import { appendEvents, type Branch, bindingsOf } from './run.ts';
import { runMap, runParallel } from './run-parallel-and-map.ts';
import { runTask } from './run-task.ts';
import { runWait } from './run-wait.ts';

/**
 * The end of a state: its output, the variables that it assigns, and the next state. `closing`
 * appends the events that belong before its exit.
 */
export type StateEnd = {
  output: JsonValue;
  variables?: JsonObject | undefined;
  next: string | undefined;
  closing?: () => void;
};

/** The maximum size of all variables of an execution, as JSON in UTF-8. */
const MAX_VARIABLES_BYTES = 10 * 1024 * 1024;

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
      const { output, variables, next, closing } = await runState(branch, state);
      branch.signal.throwIfAborted();
      // No await from here to the next state: an exit is never committed without what follows from
      // it.
      closing?.();
      limitData(output, frame.stateName);
      if (variables) assign(branch, variables);
      appendEvents(branch, {
        type: `${state.Type}StateExited`,
        details: { name: frame.stateName, ...outputDetails(output), ...variableDetails(variables) },
      });
      run.dropChildren(frame);
      if (next === undefined) {
        Object.assign(frame, { status: 'SUCCEEDED', input: null, variables: {}, output });
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
    enteredAtMs: branch.run.entryTimeMs(stateName),
    attemptsBegun: 0,
    failures: [],
    waitUntilMs: null,
  });
  appendEvents(branch, { type, details: { name: stateName, ...inputDetails(input) } });
  frame.enteredEventId = frame.lastEventId;
}

/**
 * Assigns variables for the states that follow. All that one state assigns may have 256 KiB, all
 * variables of an execution 10 MiB. AWS does not document the error.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 */
function assign({ frame, run }: Branch, assigned: JsonObject): void {
  limitData(assigned, frame.stateName);
  const variables = { ...frame.variables, ...assigned };
  const others = [...run.frames.values()].filter((other) => other !== frame && other.status === 'RUNNING');
  const sizes = [variables, ...others.map((other) => other.variables)].map(sizeOf);
  if (sizes.reduce((sum, size) => sum + size) > MAX_VARIABLES_BYTES) {
    throw new StateFailure(
      'States.DataLimitExceeded',
      `The variables of the execution have more than ${MAX_VARIABLES_BYTES} bytes.`,
      { isTerminal: true },
    );
  }
  frame.variables = variables;
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
      const bindings = bindingsOf(branch);
      const data = effectiveInput(state, branch.frame.input, bindings);
      const output = await stateOutput(state, branch.frame.input, data, bindings);
      const { next, assign } = await chooseNext(state, { ...bindings, data });
      return { output, variables: await assignedVariables(assign, data, bindings), next };
    }
    case 'Succeed':
      return runSucceed(branch, state);
    case 'Fail':
      return runFail(branch, state);
  }
}

async function runPass(branch: Branch, state: PassState): Promise<StateEnd> {
  const { input } = branch.frame;
  const bindings = bindingsOf(branch);
  const result = state.Result === undefined ? await taskInput(state, input, bindings) : state.Result;
  return {
    output: await stateOutput(state, input, result, bindings),
    variables: await assignedVariables(state.Assign, result, bindings),
    next: state.Next,
  };
}

async function runSucceed(branch: Branch, state: SucceedState): Promise<StateEnd> {
  const { input } = branch.frame;
  const bindings = bindingsOf(branch);
  return {
    output: await stateOutput(state, input, effectiveInput(state, input, bindings), bindings),
    next: undefined,
  };
}

async function runFail(branch: Branch, state: FailState): Promise<never> {
  const text = async (field: 'ErrorPath' | 'CausePath') => {
    const path = state[field];
    if (path === undefined) return undefined;
    const value = await evaluateExpression(path, field, {
      data: branch.frame.input,
      ...bindingsOf(branch),
    });
    if (typeof value === 'string') return value;
    throw runtimeFailure(`The ${field} '${path}' must lead to a string, not to '${JSON.stringify(value)}'`);
  };
  throw new StateFailure(state.Error ?? (await text('ErrorPath')), state.Cause ?? (await text('CausePath')));
}
