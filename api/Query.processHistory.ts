import { ExecutionDoesNotExist, GetExecutionHistoryCommand, type HistoryEvent } from '@aws-sdk/client-sfn';
import type { ProcessEvent, ProcessEventPage, ProcessHistoryArguments } from '../core/api-types.ts';
import { executionArn } from '../core/definitions.ts';
import { InvalidInput } from '../core/errors.ts';
import { servicesFromEnvironment } from '../core/services.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

const DEFAULT_LIMIT = 100;
/** Limit of Step Functions. */
const MAX_LIMIT = 1_000;

const services = servicesFromEnvironment();

/**
 * Returns a page of the execution's history, without its data. The history is empty if the
 * execution was never started.
 */
export const handler = field(async (args: ProcessHistoryArguments, owner): Promise<ProcessEventPage> => {
  const { processId, limit, nextToken } = args;
  const maxResults = limit ?? DEFAULT_LIMIT;
  if (maxResults < 1 || maxResults > MAX_LIMIT) {
    throw new InvalidInput(`Expected limit to be 1 to ${MAX_LIMIT}, got ${maxResults}`, [
      { path: '/limit', message: `must be 1 to ${MAX_LIMIT}` },
    ]);
  }
  const record = await requireState(services.bucket, owner, processId);
  const data = { owner, processId, definition: record.definition };
  try {
    const page = await services.stepFunctions.send(
      new GetExecutionHistoryCommand({
        executionArn: executionArn(data),
        maxResults,
        includeExecutionData: false,
        ...(nextToken ? { nextToken } : {}),
      }),
    );
    return { items: toProcessEvents(page.events ?? []), nextToken: page.nextToken ?? null };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return { items: [], nextToken: null };
    if ((error as Error).name === 'InvalidToken') {
      throw new InvalidInput('Expected nextToken to be from a previous page of this history', [
        { path: '/nextToken', message: 'must be from a previous page' },
      ]);
    }
    throw error;
  }
});

/**
 * Assigns each event to the state that was entered last on its chain of previous events, as far as
 * the page contains them.
 */
function toProcessEvents(events: HistoryEvent[]): ProcessEvent[] {
  const states = new Map<number, string>();
  return events.map((event) => {
    const { id = 0, previousEventId = 0, type = '', timestamp } = event;
    const details = Object.entries(event).find(([name]) => name.endsWith('EventDetails'))?.[1] as
      | { name?: string; error?: string; cause?: string }
      | undefined;
    const entered = event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name;
    const state = type.startsWith('Execution') ? undefined : (entered ?? states.get(previousEventId));
    if (state !== undefined) states.set(id, state);
    return {
      id,
      at: (timestamp ?? new Date(0)).toISOString(),
      type,
      state: state ?? null,
      error: details?.error ?? null,
      cause: details?.cause ?? null,
    };
  });
}
