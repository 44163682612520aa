/**
 * What Step Functions itself says of an execution, for when an event is late, lost, or not to be waited for.
 */
import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { executionArn } from '../data/definitions.ts';
import { type ProcessRef, processKey } from '../data/keys.ts';
import { isProcessStatus, type Observation } from '../data/state.ts';

const stepFunctions = new SFNClient({});

/**
 * The execution as DescribeExecution has it, which may be some seconds old. `unknown` where there is none, or it has only just been
 * started; `foreign` where another owner's process, which had the id first, has an execution of that name.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export async function observeExecution(
  process: ProcessRef,
  definition: string,
): Promise<Observation | 'unknown' | 'foreign'> {
  try {
    const found = await stepFunctions.send(
      new DescribeExecutionCommand({ executionArn: executionArn(definition, process.processId) }),
    );
    if (found.input !== JSON.stringify({ processData: processKey(process) })) return 'foreign';
    if (!isProcessStatus(found.status)) return 'unknown';
    return {
      status: found.status,
      redriveCount: found.redriveCount ?? 0,
      ...(found.stopDate ? { stoppedAt: found.stopDate } : {}),
      ...(found.error === undefined ? {} : { error: found.error }),
      ...(found.cause === undefined ? {} : { cause: found.cause }),
    };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return 'unknown';
    throw error;
  }
}
