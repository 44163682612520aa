import { machineOf, type Operation } from './operation.ts';

/**
 * Describes a state machine of the template, with its current definition.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
 */
export const describeStateMachine: Operation = (request, service) => {
  const { arn, name, roleArn, definition, createdMs } = machineOf(request, service);
  return {
    stateMachineArn: arn,
    name,
    status: 'ACTIVE',
    definition,
    roleArn,
    type: 'STANDARD',
    creationDate: createdMs / 1000,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
};
