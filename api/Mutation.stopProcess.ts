import { ExecutionDoesNotExist, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { ProcessState, StopProcessArguments } from '../core/api-types.ts';
import { executionArn } from '../core/definitions.ts';
import { InvalidInput, ProcessNotRunning } from '../core/errors.ts';
import type { ProcessRef } from '../core/keys.ts';
import { publishingServicesFromEnvironment } from '../core/publishing-services.ts';
import { repairOrRead } from '../core/read-repair.ts';
import type { PublishingServices } from '../core/services.ts';
import { isTerminal, toProcessState } from '../core/state.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

const ERROR = 'Stopped';
const MAX_REASON_CHARACTERS = 2_000;

const services = publishingServicesFromEnvironment();

export const handler = field(async (args: StopProcessArguments, owner): Promise<ProcessState> => {
  const { processId, reason } = args;
  if (reason && reason.length > MAX_REASON_CHARACTERS) {
    throw new InvalidInput(
      `Expected a reason of at most ${MAX_REASON_CHARACTERS} characters, got ${reason.length}`,
      [{ path: '/reason', message: `must have at most ${MAX_REASON_CHARACTERS} characters` }],
    );
  }
  return stopProcess(services, { owner, processId }, reason ?? undefined);
});

/**
 * Stops the execution and returns its state: ABORTED, or the end that came first. If Step Functions
 * does not show the end yet, the state is still RUNNING, and the end is published later.
 */
export async function stopProcess(
  services: PublishingServices,
  process: ProcessRef,
  reason?: string,
): Promise<ProcessState> {
  const { bucket, stepFunctions } = services;
  const { owner, processId } = process;
  const record = await requireState(bucket, owner, processId);
  if (isTerminal(record.status)) throw new ProcessNotRunning(processId, record.status);
  try {
    await stepFunctions.send(
      new StopExecutionCommand({
        executionArn: executionArn({ ...process, definition: record.definition }),
        error: ERROR,
        ...(reason ? { cause: reason } : {}),
      }),
    );
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) throw new ProcessNotRunning(processId, 'not started');
    throw error;
  }
  return toProcessState(await repairOrRead(services, process, record, 'stop'));
}
