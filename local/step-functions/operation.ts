import type { JsonObject } from '../common/json.ts';
import type { Execution, ExecutionStore } from './execution/execution-store.ts';
import type { Executions } from './executions.ts';
import { requiredArn } from './request-fields.ts';
import { ServiceError } from './service-error.ts';

/** A state machine of the template; `definition` is its text. */
export type Machine = {
  arn: string;
  name: string;
  roleArn: string;
  definition: string;
  definitionHash: string;
  createdMs: number;
};

/**
 * What the operations of the API work on. `authorize` throws unless the caller may do this
 * operation on that resource.
 */
export type Service = {
  machines: ReadonlyMap<string, Machine>;
  store: ExecutionStore;
  executions: Executions;
  authorize: (resourceArn: string) => void;
};

/** One operation: from the request to the answer. Throws {@link ServiceError}. */
export type Operation = (request: JsonObject, service: Service) => JsonObject;

/** The execution that the request names, if the caller may do the operation on it. */
export function executionOf(request: JsonObject, { store, authorize }: Service): Execution {
  const arn = requiredArn(request, 'executionArn');
  authorize(arn);
  const execution = store.execution(arn);
  if (!execution) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  return execution;
}

/** The state machine that the request names, if the caller may do the operation on it. */
export function machineOf(request: JsonObject, { machines, authorize }: Service): Machine {
  const arn = requiredArn(request, 'stateMachineArn');
  authorize(arn);
  const machine = machines.get(arn);
  if (!machine) throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  return machine;
}
