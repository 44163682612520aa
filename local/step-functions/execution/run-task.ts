import {
  FUNCTION_NOT_FOUND,
  type FunctionError,
  type InvokeResult,
  NOT_AUTHORIZED,
} from '../../common/invoke-lambda.ts';
import type { JsonValue } from '../../common/json.ts';
import {
  assignedVariables,
  isOverLimit,
  limitData,
  overLimit,
  placeResult,
  stateOutput,
  taskInput,
} from '../states-language/data-flow.ts';
import { withRetryAndCatch } from '../states-language/engine.ts';
import { errorAndCause, recordOf, revive, StateFailure } from '../states-language/state-failure.ts';
import type { TaskState } from '../states-language/state-machine.ts';
import { inputDetails, outputDetails } from './history-event.ts';
import { appendEvents, type Branch, bindingsOf } from './run.ts';
import type { StateEnd } from './run-states.ts';
import { sleepUntil } from './run-wait.ts';

/**
 * Calls the Lambda function of a Task.
 *
 * An attempt is committed before the function is called, and its failure before Retry waits. An
 * attempt without a committed end is repeated: the function then runs a second time, as it may on
 * AWS. Nothing stops a running function: after a timeout, an abort or the failure of a sibling its
 * result is discarded.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
 */
export async function runTask(branch: Branch, state: TaskState): Promise<StateEnd> {
  const { frame, run, signal } = branch;
  const { input } = frame;

  async function attempt(number: number): Promise<StateEnd & { result: JsonValue }> {
    const earlier = frame.failures[number];
    if (earlier) throw revive(earlier);
    // On AWS the interrupted attempt would have ended. Its function may no longer exist either.
    if (run.deletion) throw run.deletion;
    const bindings = bindingsOf(branch, number);
    const payload = await taskInput(state, input, bindings);
    limitData(payload, frame.stateName);
    signal.throwIfAborted();
    if (frame.attemptsBegun === number) {
      appendEvents(branch, scheduled(state, payload), { type: 'LambdaFunctionStarted' });
      frame.attemptsBegun++;
    }
    run.commit();
    let result: JsonValue | undefined;
    try {
      result = await invoke(branch, state, payload);
      return {
        result,
        output: await stateOutput(state, input, result, bindings),
        variables: await assignedVariables(state.Assign, result, bindings),
        next: state.Next,
      };
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      appendEvents(branch, result === undefined ? failed(error) : succeeded(result));
      frame.failures.push(recordOf(error));
      run.commit();
      throw error;
    }
  }

  const end = await withRetryAndCatch(state, attempt, {
    isIntervalOver: (number) => frame.attemptsBegun > number + 1,
    signal,
  });
  if ('value' in end) {
    const { result, ...stateEnd } = end.value;
    return { ...stateEnd, closing: () => appendEvents(branch, succeeded(result)) };
  }
  const catcher = state.Catch?.[end.catcher];
  return {
    output: placeResult(catcher?.ResultPath, input, end.error),
    variables: await assignedVariables(catcher?.Assign, end.error, bindingsOf(branch)),
    next: catcher?.Next,
  };
}

async function invoke(
  { run, signal }: Branch,
  { Resource, TimeoutSeconds }: TaskState,
  payload: JsonValue,
): Promise<JsonValue> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const timer = TimeoutSeconds === undefined ? [] : [timeOut(TimeoutSeconds, stop)];
  try {
    const result = await Promise.race([run.invokeLambda(Resource, payload, stop), ...timer]);
    signal.throwIfAborted();
    if (!result.ok) throw failureOf(result.error);
    const value = (result.payload ?? null) as JsonValue;
    if (isOverLimit(value)) throw new StateFailure('States.DataLimitExceeded', overLimit(Resource));
    return value;
  } catch (error) {
    // The runtime is closing, and whether the function completed is unknown. The next start calls
    // it again.
    if ((error as Error).name === 'LambdaClosedError') run.end();
    throw error;
  } finally {
    done.abort();
  }
}

/** Errors of a function are shown as JSON, those of Lambda itself as text. */
function failureOf(error: FunctionError): StateFailure {
  const { errorType, errorMessage } = error;
  const isLambdas = errorType === FUNCTION_NOT_FOUND || errorType === NOT_AUTHORIZED;
  return new StateFailure(errorType, isLambdas ? errorMessage : JSON.stringify(error));
}

async function timeOut(seconds: number, signal: AbortSignal): Promise<InvokeResult> {
  await sleepUntil(Date.now() + seconds * 1000, signal);
  throw new StateFailure('States.Timeout', undefined);
}

function scheduled({ Resource, TimeoutSeconds }: TaskState, payload: JsonValue) {
  const timeout = TimeoutSeconds === undefined ? {} : { timeoutInSeconds: TimeoutSeconds };
  return {
    type: 'LambdaFunctionScheduled',
    details: { resource: Resource, ...inputDetails(payload), ...timeout },
  };
}

function succeeded(result: JsonValue) {
  return { type: 'LambdaFunctionSucceeded', details: outputDetails(result) };
}

function failed({ error, reason }: StateFailure) {
  const type = error === 'States.Timeout' ? 'LambdaFunctionTimedOut' : 'LambdaFunctionFailed';
  return { type, details: errorAndCause(error, reason) };
}
