import type { Execution, ExecutionStore } from './execution/execution-store.ts';
import { MAX_EVENTS } from './execution/history-event.ts';

const DAY_MS = 86_400_000;

/** The redrive status of an execution, with the reason if it is not redrivable. */
export type RedriveStatus =
  | { redriveStatus: 'REDRIVABLE' }
  | { redriveStatus: 'NOT_REDRIVABLE'; redriveStatusReason: string };

/**
 * Returns the redrive status of DescribeExecution, in AWS's words.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-eligibility
 */
export function redriveStatusOf(
  execution: Execution,
  store: Pick<ExecutionStore, 'lastEventId'>,
): RedriveStatus {
  const { id, status, startMs, stopMs } = execution;
  const not = (redriveStatusReason: string) =>
    ({ redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason }) as const;
  if (status === 'RUNNING' || status === 'SUCCEEDED')
    return not(`Execution is ${status} and cannot be redriven`);
  if (Date.now() - startMs > 365 * DAY_MS) return not('Execution has exceeded the max execution time');
  if (stopMs !== null && Date.now() - stopMs > 14 * DAY_MS)
    return not('Execution redrivable period exceeded');
  if (store.lastEventId(id) >= MAX_EVENTS - 1) return not('Execution history event limit exceeded');
  return { redriveStatus: 'REDRIVABLE' };
}
