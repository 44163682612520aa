import { randomUUID } from 'node:crypto';
import { nestsTooDeep } from '../common/json.ts';
import { machineOf, type Operation } from './operation.ts';
import { optionalText } from './request-fields.ts';
import { ServiceError } from './service-error.ts';
import { MAX_DATA_BYTES } from './states-language/data-flow.ts';

/** Space, brackets, wildcards, other special characters, control characters. */
const INVALID_IN_NAME = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

/**
 * Starts an execution, once: while it runs, a repeated request with the same name and input gets
 * the first response.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export const startExecution: Operation = (request, service) => {
  const machine = machineOf(request, service);
  const name = optionalText(request, 'name', 80) ?? randomUUID();
  if (name === '' || INVALID_IN_NAME.test(name))
    throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
  const input = optionalText(request, 'input') ?? '{}';
  checkInput(input);
  const traceHeader = optionalText(request, 'traceHeader', 256) ?? null;

  const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
  const known = service.store.execution(arn);
  if (known && !(known.status === 'RUNNING' && known.input === input)) {
    throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  }
  const { startMs } =
    known ??
    service.executions.start({
      arn,
      stateMachineArn: machine.arn,
      stateMachineName: machine.name,
      roleArn: machine.roleArn,
      definitionHash: machine.definitionHash,
      name,
      input,
      traceHeader,
    });
  return { executionArn: arn, startDate: startMs / 1000 };
};

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > MAX_DATA_BYTES) {
    const problem = `Member must have length less than or equal to ${MAX_DATA_BYTES}`;
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value at 'input' failed to satisfy constraint: ${problem}`,
    );
  }
  if (input === '') throw invalid('Invalid execution input.');
  let value: unknown;
  try {
    value = JSON.parse(input);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  if (nestsTooDeep(value)) throw invalid('Document nesting depth exceeds the maximum allowed');
}

function invalid(problem: string): ServiceError {
  return new ServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${problem}'`);
}
