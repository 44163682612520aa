import { executionOf, type Operation } from './operation.ts';
import { redriveStatusOf } from './redrive-status.ts';
import { oneOf } from './request-fields.ts';
import { errorAndCause } from './states-language/state-failure.ts';

/**
 * Describes an execution. Unlike on AWS, the response is never stale.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export const describeExecution: Operation = (request, service) => {
  const execution = executionOf(request, service);
  const included = oneOf(request, 'includedData', ['ALL_DATA', 'METADATA_ONLY']) !== 'METADATA_ONLY';
  const { status, input, output, stopMs, redriveMs, traceHeader } = execution;
  // AWS shows the error of a timeout in the event and in the history, but not here.
  const error = status === 'TIMED_OUT' ? null : execution.error;
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachineArn,
    name: execution.name,
    status,
    startDate: execution.startMs / 1000,
    ...(stopMs !== null && { stopDate: stopMs / 1000 }),
    ...(included && { input }),
    inputDetails: { included },
    ...(output !== null && { ...(included && { output }), outputDetails: { included } }),
    ...errorAndCause(error ?? undefined, execution.cause ?? undefined),
    redriveCount: execution.redriveCount,
    ...(redriveMs !== null && { redriveDate: redriveMs / 1000 }),
    ...redriveStatusOf(execution, service.store),
    ...(traceHeader !== null && { traceHeader }),
  };
};
