import { wireEvent } from './execution/history-event.ts';
import { executionOf, type Operation } from './operation.ts';
import { pageSize, pageStart, pageToken } from './request-fields.ts';

/**
 * Lists the events of an execution, in order of time or in reverse.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
 */
export const getExecutionHistory: Operation = (request, service) => {
  const { id } = executionOf(request, service);
  const reverse = request.reverseOrder === true;
  const limit = pageSize(request);
  const start = pageStart(request, ['id']);
  const from = start ? start.id : reverse ? Number.MAX_SAFE_INTEGER : 0;
  const found = service.store.events(id, from, limit + 1, reverse);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.map((event) => wireEvent(event, request.includeExecutionData !== false)),
    ...(found.length > limit && last && { nextToken: pageToken({ id: last.id }) }),
  };
};
