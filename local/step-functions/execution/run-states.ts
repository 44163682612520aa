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
import { contextOf, follow, type Line } from './run.ts';
import { runMap } from './run-map.ts';
import { runParallel } from './run-parallel.ts';
import { runTask } from './run-task.ts';
import { runWait } from './run-wait.ts';

/**
 * How a state ended: what it passes on, and where to. `closing` appends the events that belong
 * before its exit.
 */
export type StateEnd = { output: JsonValue; next: string | undefined; closing?: () => void };

/**
 * Runs a line of states to its end and returns its output; a line that was begun goes on where its
 * frame stands, one that has ended ends again in the same way. Throws the {@link StateFailure} of a
 * state that nothing caught.
 */
export async function runStates(line: Line, machine: StateMachine, input: JsonValue): Promise<JsonValue> {
  const { frame, run } = line;
  if (frame.status === 'SUCCEEDED') return frame.output;
  if (frame.failure) throw revive(frame.failure);
  try {
    if (frame.stateName === '') {
      if (run.deletion) throw run.deletion;
      enter(line, machine, machine.StartAt, input);
    }
    for (;;) {
      // Lets requests in: some states need no time, and machines may be loops.
      await setImmediate();
      line.signal.throwIfAborted();
      const state = stateOf(machine, frame.stateName);
      const { output, next, closing } = await runState(line, state);
      line.signal.throwIfAborted();
      // From here to the next state without an await: an exit is never kept without what follows
      // from it.
      closing?.();
      limitData(output, frame.stateName);
      follow(line, {
        type: `${state.Type}StateExited`,
        details: { name: frame.stateName, ...outputDetails(output) },
      });
      run.dropChildren(frame);
      if (next === undefined) {
        Object.assign(frame, { status: 'SUCCEEDED', input: null, output });
        return output;
      }
      if (run.deletion) throw run.deletion;
      enter(line, machine, next, output);
    }
  } catch (error) {
    if (!(error instanceof StateFailure) || line.signal.aborted) throw error;
    const type = findState(machine, frame.stateName)?.Type;
    if ((type === 'Parallel' || type === 'Map') && !error.isTerminal) {
      follow(line, { type: `${type}StateFailed` });
    }
    const failure = located(error, line);
    Object.assign(frame, { status: 'FAILED', failure: recordOf(failure) });
    run.changed(frame);
    throw failure;
  }
}

/** A failure of the runtime with the state it happened in, as Step Functions words it. */
function located(failure: StateFailure, { frame: { stateName, enteredEventId } }: Line): StateFailure {
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

function enter(line: Line, machine: StateMachine, stateName: string, input: JsonValue): void {
  const { frame } = line;
  const type = `${stateOf(machine, stateName).Type}StateEntered`;
  Object.assign(frame, {
    stateName,
    input,
    enteredAtMs: Date.now(),
    attemptsBegun: 0,
    failures: [],
    waitUntilMs: null,
  });
  follow(line, { type, details: { name: stateName, ...inputDetails(input) } });
  frame.enteredEventId = frame.lastEventId;
}

async function runState(line: Line, state: State): Promise<StateEnd> {
  switch (state.Type) {
    case 'Task':
      return runTask(line, state);
    case 'Parallel':
      return runParallel(line, state);
    case 'Map':
      return runMap(line, state);
    case 'Wait':
      return runWait(line, state);
    case 'Pass':
      return runPass(line, state);
    case 'Choice': {
      const context = contextOf(line);
      const data = effectiveInput(state, line.frame.input, context);
      const output = await stateOutput(state, line.frame.input, data, context);
      return { output, next: await chooseNext(state, { data, context }) };
    }
    case 'Succeed':
      return runSucceed(line, state);
    case 'Fail':
      return runFail(line, state);
  }
}

async function runPass(line: Line, state: PassState): Promise<StateEnd> {
  const { input } = line.frame;
  const context = contextOf(line);
  const result = state.Result === undefined ? await taskInput(state, input, context) : state.Result;
  return { output: await stateOutput(state, input, result, context), next: state.Next };
}

async function runSucceed(line: Line, state: SucceedState): Promise<StateEnd> {
  const { input } = line.frame;
  const context = contextOf(line);
  return {
    output: await stateOutput(state, input, effectiveInput(state, input, context), context),
    next: undefined,
  };
}

async function runFail(line: Line, state: FailState): Promise<never> {
  const text = async (field: 'ErrorPath' | 'CausePath') => {
    const path = state[field];
    if (path === undefined) return undefined;
    const value = await evaluateExpression(path, field, { data: line.frame.input, context: contextOf(line) });
    if (typeof value === 'string') return value;
    throw runtimeFailure(`The ${field} '${path}' must lead to a string, not to '${JSON.stringify(value)}'`);
  };
  throw new StateFailure(state.Error ?? (await text('ErrorPath')), state.Cause ?? (await text('CausePath')));
}
