import { executionOf, type Operation } from './operation.ts';
import { optionalText } from './request-fields.ts';

/**
 * Stops a running execution. For one that has ended, it returns when that was.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
 */
export const stopExecution: Operation = (request, service) => {
  const execution = executionOf(request, service);
  const error = optionalText(request, 'error', 256) ?? null;
  const cause = optionalText(request, 'cause', 32_768) ?? null;
  const { stopMs } =
    execution.status === 'RUNNING' ? service.executions.stop(execution, error, cause) : execution;
  return { stopDate: Number(stopMs) / 1000 };
};
