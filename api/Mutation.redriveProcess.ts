import { createHash } from 'node:crypto';
import {
  ExecutionLimitExceeded,
  ExecutionNotRedrivable,
  RedriveExecutionCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { executionArn } from '../data/definitions.ts';
import { processKey } from '../data/keys.ts';
import { bucketFromEnvironment } from '../data/objects.ts';
import { claimRunning } from '../data/process-index.ts';
import { isTerminal, type ProcessState, toProcessState, wasNeverStarted } from '../data/state.ts';
import { recordObservation } from '../events/record-observation.ts';
import { NotRedrivable } from './errors.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

const bucket = bucketFromEnvironment();
const stepFunctions = new SFNClient({});

/**
 * Runs a process on from the step that failed. The token is the same for the same version of the state, so a repeated call is one redrive:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
 */
export const handler = field(async ({ processId }: { processId: string }, owner): Promise<ProcessState> => {
  const process = { owner, processId };
  const record = await requireState(bucket, owner, processId);
  if (!isTerminal(record.status) || record.status === 'SUCCEEDED') {
    throw new NotRedrivable(processId, `it is ${record.status}`);
  }
  if (wasNeverStarted(record)) throw new NotRedrivable(processId, 'it was never started; start it again');
  // Listed before it runs, so that the sweep sees it whatever happens to the rest of this call.
  const holder = await claimRunning(bucket, process);
  if (holder !== processKey(process)) throw new NotRedrivable(processId, 'another process runs under its id');
  try {
    await stepFunctions.send(
      new RedriveExecutionCommand({
        executionArn: executionArn(record.definition, processId),
        clientToken: createHash('sha256')
          .update(`${processId} ${record.redriveCount}`)
          .digest('hex')
          .slice(0, 32),
      }),
    );
  } catch (error) {
    if (error instanceof ExecutionNotRedrivable) throw new NotRedrivable(processId, error.message);
    if (error instanceof ExecutionLimitExceeded)
      throw new NotRedrivable(processId, 'too many executions run: try again later');
    throw error;
  }
  const updated = await recordObservation(
    bucket,
    process,
    {
      status: 'RUNNING',
      redriveCount: record.redriveCount + 1,
    },
    'redrive',
  );
  return toProcessState(updated?.record ?? record);
});
