/**
 * Records what a status event says of an execution, then pushes it.
 *
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html: delivered at least once where it is delivered at
 * all, in any order.
 */
import type { EventBridgeEvent } from 'aws-lambda';
import { type ProcessRef, parseProcessKey } from '../data/keys.ts';
import { type Bucket, bucketFromEnvironment } from '../data/objects.ts';
import { isProcessStatus, isRecorded, type Observation } from '../data/state.ts';
import { announceState } from './announce-state.ts';
import { recordObservation } from './record-observation.ts';

/** The fields of the event that are read here. Dates are milliseconds since the epoch. */
export type StatusChange = {
  executionArn: string;
  name: string;
  status: string;
  input: string | null;
  stopDate: number | null;
  error: string | null;
  cause: string | null;
  redriveCount: number;
};

/** Thrown for an event that tells of no process: nothing can be recorded, and it goes to the dead-letter queue. */
export class UnknownExecution extends Error {
  override readonly name = 'UnknownExecution';

  constructor(executionArn: string, why: string) {
    super(`Execution [${executionArn}] is no process of this facade: ${why}`);
  }
}

const bucket = bucketFromEnvironment();

/** Fails when the record or the push fails, and is invoked again. */
export function handler({ detail }: EventBridgeEvent<string, StatusChange>): Promise<void> {
  return recordStatusChange(bucket, detail);
}

/**
 * Records the change and pushes it. One that is seen twice is pushed twice, because the first push may have been the failure; an older one
 * changes nothing and is not pushed.
 */
export async function recordStatusChange(bucket: Bucket, detail: StatusChange): Promise<void> {
  const process = processOf(detail);
  const seen = toObservation(detail);
  const updated = await recordObservation(bucket, process, seen, 'event');
  if (!updated) throw new UnknownExecution(detail.executionArn, 'it has no state record');
  if (!isRecorded(updated.record, seen)) return;
  await announceState(bucket, process, updated.record);
}

function processOf({ executionArn, input }: StatusChange): ProcessRef {
  try {
    return parseProcessKey((JSON.parse(input ?? '{}') as { processData: string }).processData);
  } catch (cause) {
    throw Object.assign(new UnknownExecution(executionArn, 'its input holds no process key'), { cause });
  }
}

function toObservation(detail: StatusChange): Observation {
  if (!isProcessStatus(detail.status))
    throw new UnknownExecution(detail.executionArn, `its status is [${detail.status}]`);
  return {
    status: detail.status,
    redriveCount: detail.redriveCount,
    ...(detail.stopDate === null ? {} : { stoppedAt: new Date(detail.stopDate) }),
    ...(detail.error === null ? {} : { error: detail.error }),
    ...(detail.cause === null ? {} : { cause: detail.cause }),
  };
}
