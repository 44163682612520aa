import { AwsError } from '../common/aws-error.ts';
import type { AwsJsonService } from '../iam/aws-json.ts';
import { describeExecution } from './DescribeExecution.ts';
import { describeStateMachine } from './DescribeStateMachine.ts';
import { getExecutionHistory } from './GetExecutionHistory.ts';
import { listExecutions } from './ListExecutions.ts';
import type { Operation, Service } from './operation.ts';
import { redriveExecution } from './RedriveExecution.ts';
import { startExecution } from './StartExecution.ts';
import { stopExecution } from './StopExecution.ts';
import { ServiceError } from './service-error.ts';

const OPERATIONS = new Map<string, Operation>([
  ['DescribeExecution', describeExecution],
  ['DescribeStateMachine', describeStateMachine],
  ['GetExecutionHistory', getExecutionHistory],
  ['ListExecutions', listExecutions],
  ['RedriveExecution', redriveExecution],
  ['StartExecution', startExecution],
  ['StopExecution', stopExecution],
]);

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const MAX_BODY_BYTES = 1_048_576;

/** Returns the operations of the API, as they are called in AWS JSON 1.0. */
export function stepFunctionsApi(service: Omit<Service, 'authorize'>): AwsJsonService {
  return {
    name: 'Step Functions',
    signingName: 'states',
    targetPrefix: 'AWSStepFunctions',
    maxBodyBytes: MAX_BODY_BYTES,
    accessDenied: { code: 'AccessDeniedException', status: 400 },
    internalError: new AwsError(
      'InternalServerError',
      500,
      'Step Functions: internal error. See the log of the local runtime.',
    ),
    operation(name) {
      const operation = OPERATIONS.get(name);
      if (!operation)
        throw new ServiceError(
          'UnknownOperationException',
          `The operation "${name}" is not supported by the local runtime.`,
        );
      return (parameters, { authorize }) => operation(parameters, { ...service, authorize });
    },
  };
}
