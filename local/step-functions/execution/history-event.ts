import type { JsonObject, JsonValue } from '../../common/json.ts';

/**
 * An event in the history of an execution. `details` depend on its type, with inputs and outputs as
 * JSON text.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export type HistoryEvent = {
  id: number;
  /** The event that led to this one; 0 for the first of an execution and for its first state. */
  previousEventId: number;
  timestampMs: number;
  type: string;
  details: Record<string, JsonValue> | null;
};

/** An event before it has an id in the history. */
export type EventDraft = { type: string; details?: Record<string, JsonValue> };

/** The maximum number of events of an execution. */
export const MAX_EVENTS = 25_000;

/** Returns the details of an event with an input. */
export function inputDetails(input: JsonValue): Record<string, JsonValue> {
  return { input: JSON.stringify(input), inputDetails: { truncated: false } };
}

/** Returns the details of an event with an output. */
export function outputDetails(output: JsonValue): Record<string, JsonValue> {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

/** Returns the details of the exit of a state that assigns variables. */
export function variableDetails(variables: JsonObject | undefined): Record<string, JsonValue> {
  if (variables === undefined) return {};
  const texts = Object.entries(variables).map(([name, value]) => [name, JSON.stringify(value)]);
  return { assignedVariables: Object.fromEntries(texts), assignedVariablesDetails: { truncated: false } };
}

/** Returns the event in the form of the API, without inputs and outputs on request. */
export function wireEvent(
  { id, previousEventId, timestampMs, type, details }: HistoryEvent,
  includeExecutionData: boolean,
): Record<string, JsonValue> {
  const { input, output, assignedVariables, ...others } = details ?? {};
  const data = {
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(assignedVariables !== undefined && { assignedVariables }),
  };
  return {
    id,
    previousEventId,
    timestamp: timestampMs / 1000,
    type,
    ...(details && { [detailsField(type)]: includeExecutionData ? { ...others, ...data } : others }),
  };
}

function detailsField(type: string): string {
  const state = /State(Entered|Exited)$/.exec(type)?.[0];
  const name = state ?? type;
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}EventDetails`;
}
