/**
 * The data flow of a state: InputPath, Parameters, (the work), ResultSelector, ResultPath,
 * OutputPath.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
 */

import type { JsonObject, JsonValue } from '../../common/json.ts';
import { fillTemplate } from './payload-template.ts';
import { assign, type Bindings, lookUp, parsePath } from './reference-path.ts';
import { runtimeFailure, StateFailure } from './state-failure.ts';

/** The maximum size of the data between states, as JSON in UTF-8. */
export const MAX_DATA_BYTES = 262_144;

type Filters = {
  InputPath?: string | null;
  OutputPath?: string | null;
  Parameters?: JsonValue;
  ResultSelector?: JsonValue;
  ResultPath?: string | null;
};

/** Returns the input after InputPath. */
export function effectiveInput({ InputPath }: Filters, input: JsonValue, bindings: Bindings): JsonValue {
  return select('InputPath', InputPath, input, bindings);
}

/**
 * Returns the input of the state's work: Parameters filled from the effective input, or that input
 * itself.
 */
export async function taskInput(state: Filters, input: JsonValue, bindings: Bindings): Promise<JsonValue> {
  const data = effectiveInput(state, input, bindings);
  return state.Parameters === undefined ? data : fillTemplate(state.Parameters, { data, ...bindings });
}

/** Returns the output of the state. */
export async function stateOutput(
  state: Filters,
  input: JsonValue,
  result: JsonValue,
  bindings: Bindings,
): Promise<JsonValue> {
  const { ResultSelector, ResultPath, OutputPath } = state;
  const selected =
    ResultSelector === undefined ? result : await fillTemplate(ResultSelector, { data: result, ...bindings });
  return select('OutputPath', OutputPath, placeResult(ResultPath, input, selected), bindings);
}

/**
 * Returns the variables that a state, a rule of a Choice, or a catcher assigns. `data` is the
 * result, the input of a Choice or Wait, or the error output of a catcher.
 */
export async function assignedVariables(
  Assign: JsonObject | undefined,
  data: JsonValue,
  bindings: Bindings,
): Promise<JsonObject | undefined> {
  return Assign && ((await fillTemplate(Assign, { data, ...bindings })) as JsonObject);
}

/**
 * Returns the input of the state with the result at ResultPath; without a ResultPath only the
 * result.
 */
export function placeResult(
  resultPath: string | null | undefined,
  input: JsonValue,
  result: JsonValue,
): JsonValue {
  if (resultPath === undefined) return result;
  if (resultPath === null) return input;
  const steps = parsePath(resultPath)?.steps.map(String) ?? [];
  const output = assign(input, steps, result);
  if (output !== undefined) return output;
  const problem = `Unable to apply ReferencePath ${resultPath} to input ${JSON.stringify(input)}`;
  throw new StateFailure('States.ResultPathMatchFailure', problem);
}

/**
 * Throws the terminal failure `States.DataLimitExceeded` for data over 256 KiB.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export function limitData(data: JsonValue, stateName: string): void {
  if (isOverLimit(data))
    throw new StateFailure('States.DataLimitExceeded', overLimit(stateName), { isTerminal: true });
}

/** Returns whether the data is over 256 KiB. */
export function isOverLimit(data: JsonValue): boolean {
  return sizeOf(data) > MAX_DATA_BYTES;
}

/** Returns the size of the data, as JSON in UTF-8. */
export function sizeOf(data: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(data));
}

/** Returns Step Functions' cause for a result over the limit, of a state or of a resource. */
export function overLimit(stateOrTask: string): string {
  return `The state/task '${stateOrTask}' returned a result with a size exceeding the maximum number of bytes service limit.`;
}

function select(
  field: string,
  path: string | null | undefined,
  data: JsonValue,
  bindings: Bindings,
): JsonValue {
  if (path === undefined) return data;
  if (path === null) return {};
  const parsed = parsePath(path);
  const value = parsed && lookUp(parsed, { data, ...bindings });
  if (value !== undefined) return value;
  throw runtimeFailure(`Invalid path '${path}': the ${field} leads to no value in '${JSON.stringify(data)}'`);
}
