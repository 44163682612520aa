import { EXECUTION_STATUSES } from './execution/execution-store.ts';
import { machineOf, type Operation } from './operation.ts';
import { oneOf, pageSize, pageStart, pageToken } from './request-fields.ts';
import { ServiceError } from './service-error.ts';

/**
 * Lists the executions of a state machine, newest first. Unlike on AWS, the list is never stale.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
 */
export const listExecutions: Operation = (request, service) => {
  if (typeof request.mapRunArn === 'string') {
    throw new ServiceError(
      'ValidationException',
      'mapRunArn is not supported by the local runtime, which has no Map Runs',
    );
  }
  const machine = machineOf(request, service);
  const status = oneOf(request, 'statusFilter', EXECUTION_STATUSES);
  const redriven = oneOf(request, 'redriveFilter', ['REDRIVEN', 'NOT_REDRIVEN']);
  const limit = pageSize(request);
  const start = pageStart(request, ['startMs', 'id']);
  const found = service.store.executions({
    stateMachineArn: machine.arn,
    ...(status !== undefined && { status }),
    ...(redriven !== undefined && { isRedriven: redriven === 'REDRIVEN' }),
    ...(start && { after: start }),
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    executions: page.map((execution) => ({
      executionArn: execution.arn,
      stateMachineArn: execution.stateMachineArn,
      name: execution.name,
      status: execution.status,
      startDate: execution.startMs / 1000,
      ...(execution.stopMs !== null && { stopDate: execution.stopMs / 1000 }),
      redriveCount: execution.redriveCount,
      ...(execution.redriveMs !== null && { redriveDate: execution.redriveMs / 1000 }),
    })),
    ...(found.length > limit && last && { nextToken: pageToken({ startMs: last.startMs, id: last.id }) }),
  };
};
