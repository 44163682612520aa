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
 * The context of the API's operations. `authorize` throws unless the caller may do this operation
 * on that resource.
 */
export type Service = {
  machines: ReadonlyMap<string, Machine>;
  store: ExecutionStore;
  executions: Executions;
  authorize: (resourceArn: string) => void;
};

/** Runs one operation, from the request to the response. Throws {@link ServiceError}. */
export type Operation = (request: JsonObject, service: Service) => JsonObject;

/** Returns the execution that the request names. Throws unless the caller is authorized. */
export function executionOf(request: JsonObject, { store, authorize }: Service): Execution {
  const arn = requiredArn(request, 'executionArn');
  authorize(arn);
  const execution = store.execution(arn);
  if (!execution) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  return execution;
}

/** Returns the state machine that the request names. Throws unless the caller is authorized. */
export function machineOf(request: JsonObject, { machines, authorize }: Service): Machine {
  const arn = requiredArn(request, 'stateMachineArn');
  authorize(arn);
  const machine = machines.get(arn);
  if (!machine) throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  return machine;
}
