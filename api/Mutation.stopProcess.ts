import { ExecutionDoesNotExist, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { executionArn } from '../data/definitions.ts';
import type { ProcessRef } from '../data/keys.ts';
import { bucketFromEnvironment } from '../data/objects.ts';
import { readRunning } from '../data/process-index.ts';
import { isTerminal, type ProcessState, toProcessState } from '../data/state.ts';
import { observeExecution } from '../events/observe-execution.ts';
import { InvalidInput, ProcessNotRunning } from './errors.ts';
import { field } from './field.ts';
import { repairOrRead } from './read-repair.ts';
import { requireState } from './require-state.ts';

const ERROR = 'Stopped';
const MAX_REASON_CHARACTERS = 2_000;

const bucket = bucketFromEnvironment();
const stepFunctions = new SFNClient({});

/**
 * Ends the execution, and answers with what Step Functions then holds: ABORTED, or the end that came first. Where it does not tell yet, the
 * answer is still RUNNING, and the end is pushed when it is known.
 */
export const handler = field(
  async (args: { processId: string; reason?: string | null }, owner): Promise<ProcessState> => {
    const { processId, reason } = args;
    if (reason && reason.length > MAX_REASON_CHARACTERS) {
      throw new InvalidInput(`A reason has at most ${MAX_REASON_CHARACTERS} characters`, [
        { path: '/reason', message: `must have at most ${MAX_REASON_CHARACTERS} characters` },
      ]);
    }
    const process = { owner, processId };
    const record = await requireState(bucket, owner, processId);
    if (isTerminal(record.status)) throw new ProcessNotRunning(processId, record.status);
    const seen = await observeExecution(process, record.definition);
    // A start that broke off before the execution: there is nothing of the caller's to stop, and the sweep will say so.
    if (seen === 'foreign' || (seen === 'unknown' && !(await holdsId(process))))
      throw new ProcessNotRunning(processId, 'not started');
    try {
      await stepFunctions.send(
        new StopExecutionCommand({
          executionArn: executionArn(record.definition, processId),
          error: ERROR,
          ...(reason ? { cause: reason } : {}),
        }),
      );
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) throw new ProcessNotRunning(processId, 'not started');
      throw error;
    }
    return toProcessState(await repairOrRead(bucket, process, record, 'stop'));
  },
);

/** True where nobody else can have an execution under the id that is too new for Step Functions to tell of. */
async function holdsId(process: ProcessRef): Promise<boolean> {
  return (await readRunning(bucket, process.processId))?.owner === process.owner;
}
