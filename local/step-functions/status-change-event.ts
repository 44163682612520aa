import type { AwsEvent } from '../common/aws-event.ts';
import type { Execution, ExecutionStore } from './execution/execution-store.ts';
import { redriveStatusOf } from './redrive-status.ts';

/** The maximum size of input and output as escaped JSON text. Larger ones are omitted. */
const MAX_DATA_BYTES = 248 * 1024;

/**
 * Returns the event for the current status of an execution. Its times are in milliseconds, unlike
 * the seconds of the API.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export function statusChangeEvent(
  execution: Execution,
  store: Pick<ExecutionStore, 'lastEventId'>,
): AwsEvent {
  const { arn, status, input, output } = execution;
  const redrive = redriveStatusOf(execution, store);
  const outputBytes = escapedBytes(output);
  const hasOutput = outputBytes <= MAX_DATA_BYTES;
  const hasInput = escapedBytes(input) + (hasOutput ? outputBytes : 0) <= MAX_DATA_BYTES;
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: execution.stateMachineArn,
      name: execution.name,
      status,
      startDate: execution.startMs,
      stopDate: execution.stopMs,
      input: hasInput ? input : null,
      output: hasOutput ? output : null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: execution.redriveCount,
      redriveDate: execution.redriveMs,
      redriveStatus: redrive.redriveStatus,
      redriveStatusReason:
        redrive.redriveStatus === 'REDRIVABLE'
          ? `Execution is ${status} and is redrivable`
          : redrive.redriveStatusReason,
      inputDetails: { included: hasInput },
      outputDetails: output === null ? null : { included: hasOutput },
      error: execution.error,
      cause: execution.cause,
    },
  };
}

function escapedBytes(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(JSON.stringify(text));
}
