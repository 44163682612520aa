import { createHash } from 'node:crypto';
import {
  ExecutionDoesNotExist,
  ExecutionLimitExceeded,
  ExecutionNotRedrivable,
  RedriveExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ProcessState } from '../core/api-types.ts';
import { executionArn } from '../core/definitions.ts';
import { NotRedrivable } from '../core/errors.ts';
import type { ProcessRef } from '../core/keys.ts';
import { markRunning } from '../core/process-index.ts';
import { recordObservation } from '../core/record-status.ts';
import { type Services, servicesFromEnvironment } from '../core/services.ts';
import { isAbandonedStart, isTerminal, type Observation, toProcessState } from '../core/state.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

const services = servicesFromEnvironment();

export const handler = field(({ processId }: { processId: string }, owner) =>
  redriveProcess(services, { owner, processId }),
);

/**
 * Resumes a process at the step that failed. The client token is derived from the run, so a
 * repeated call is one redrive:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
 */
export async function redriveProcess(
  { bucket, stepFunctions, newId }: Services,
  process: ProcessRef,
): Promise<ProcessState> {
  const { owner, processId } = process;
  const record = await requireState(bucket, owner, processId);
  if (!isTerminal(record.status) || record.status === 'SUCCEEDED') {
    throw new NotRedrivable(processId, `its status is ${record.status}`);
  }
  if (isAbandonedStart(record))
    throw new NotRedrivable(processId, 'its execution was never started. Start it again');
  const data = { ...process, definition: record.definition };
  const run = record.redriveCount + 1;
  // Precedes the redrive, so that the sweep finds the run even if this call is interrupted. The
  // sweep removes the mark of a run that never starts.
  await markRunning(bucket, process, run, newId());
  try {
    await stepFunctions.send(
      new RedriveExecutionCommand({
        executionArn: executionArn(data),
        clientToken: createHash('sha256')
          .update(`${processId} ${record.redriveCount}`)
          .digest('hex')
          .slice(0, 32),
      }),
    );
  } catch (error) {
    if (error instanceof ExecutionNotRedrivable)
      throw new NotRedrivable(processId, error.message, { cause: error });
    // The state machine was deleted together with its executions.
    if (error instanceof ExecutionDoesNotExist)
      throw new NotRedrivable(processId, 'Step Functions no longer has its execution');
    if (error instanceof ExecutionLimitExceeded)
      throw new NotRedrivable(processId, 'too many executions are running. Retry later');
    throw error;
  }
  const seen: Observation = { status: 'RUNNING', redriveCount: run };
  const updated = await recordObservation(bucket, data, seen, 'redrive');
  return toProcessState(updated?.record ?? record);
}
