/**
 * What Step Functions itself knows of an execution, for when an event is late or lost, or is not
 * worth waiting for.
 */
import { DescribeExecutionCommand, ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import { executionArn } from './definitions.ts';
import type { DataRef } from './keys.ts';
import type { Services } from './services.ts';
import { isProcessStatus, type Observation } from './state.ts';

/**
 * The execution as DescribeExecution shows it, which may be some seconds old; undefined where there
 * is none, or it has only just been started.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export async function observeExecution(
  { stepFunctions }: Services,
  data: DataRef,
): Promise<Observation | undefined> {
  try {
    const found = await stepFunctions.send(
      new DescribeExecutionCommand({ executionArn: executionArn(data) }),
    );
    if (!isProcessStatus(found.status)) return undefined;
    return {
      status: found.status,
      redriveCount: found.redriveCount ?? 0,
      ...(found.stopDate ? { stoppedAt: found.stopDate } : {}),
      ...(found.error === undefined ? {} : { error: found.error }),
      ...(found.cause === undefined ? {} : { cause: found.cause }),
    };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}
