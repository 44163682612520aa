import { executionOf, type Operation } from './operation.ts';
import { redriveStatusOf } from './redrive-status.ts';
import { optionalText } from './request-fields.ts';
import { ServiceError } from './service-error.ts';

type Redrive = { clientToken: string; redriveMs: number };

const TOKEN_LIFE_MS = 15 * 60_000;
const KNOWN_TOKENS = 10;

/**
 * Continues an unsuccessful execution where it failed. A request with a `clientToken` of the last
 * 15 minutes is a repetition, and gets the earlier response.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
 */
export const redriveExecution: Operation = (request, service) => {
  const execution = executionOf(request, service);
  const clientToken = optionalText(request, 'clientToken', 64);
  const earlier = JSON.parse(execution.redriveTokens) as Redrive[];
  const repeated = earlier.find(
    (redrive) => redrive.clientToken === clientToken && Date.now() - redrive.redriveMs < TOKEN_LIFE_MS,
  );
  if (repeated) return { redriveDate: repeated.redriveMs / 1000 };

  const { stateMachineArn, stateMachineName } = execution;
  if (!service.machines.has(stateMachineArn)) {
    // AWS does not document its response.
    throw new ServiceError('ExecutionNotRedrivable', `State machine ${stateMachineName} has been deleted.`);
  }
  const status = redriveStatusOf(execution, service.store);
  if (status.redriveStatus === 'NOT_REDRIVABLE') {
    throw new ServiceError('ExecutionNotRedrivable', status.redriveStatusReason);
  }
  const redriveMs = Date.now();
  const tokens = clientToken === undefined ? earlier : [...earlier, { clientToken, redriveMs }];
  service.executions.redrive(execution, {
    redriveMs,
    redriveTokens: JSON.stringify(tokens.slice(-KNOWN_TOKENS)),
  });
  return { redriveDate: redriveMs / 1000 };
};
