/**
 * Records what a status event says of an execution, then pushes it.
 *
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html: delivered at
 * least once where it is delivered at all, in any order.
 */
import type { EventBridgeEvent } from 'aws-lambda';
import { executionName } from '../core/definitions.ts';
import { type DataRef, parseDataKey } from '../core/keys.ts';
import { bucketFromEnvironment } from '../core/objects.ts';
import { publishState } from '../core/publish-state.ts';
import { publishAndRelease, recordObservation } from '../core/record-status.ts';
import type { PublishingServices } from '../core/services.ts';
import { isProcessStatus, isRecorded, type Observation } from '../core/state.ts';

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

/**
 * Thrown for an event of an execution that is not a process's: nothing can be recorded, and it goes
 * to the dead-letter queue.
 */
export class UnknownExecution extends Error {
  override readonly name = 'UnknownExecution';

  constructor(executionArn: string, why: string) {
    super(`Execution [${executionArn}] is not a process of this facade: ${why}`);
  }
}

/** What recording an event needs: an event is all that is asked about the execution. */
type Recording = Pick<PublishingServices, 'bucket' | 'publish'>;

const services: Recording = { bucket: bucketFromEnvironment(), publish: publishState };

/** Fails when the record or the push fails, and is invoked again. */
export function handler({ detail }: EventBridgeEvent<string, StatusChange>): Promise<void> {
  return recordStatusChange(services, detail);
}

/**
 * Records the change and publishes it. A change that is seen twice is published twice, because the
 * first time may have failed there. An older one changes nothing and is not published.
 */
export async function recordStatusChange(services: Recording, detail: StatusChange): Promise<void> {
  const data = dataOf(detail);
  const seen = toObservation(detail);
  const updated = await recordObservation(services.bucket, data, seen, 'event');
  if (!updated) throw new UnknownExecution(detail.executionArn, 'it has no state record');
  if (!isRecorded(updated.record, seen)) return;
  await publishAndRelease(services, data, updated.record);
}

/**
 * The process that the execution's input names, where the execution has the name that follows from
 * it.
 */
function dataOf({ executionArn, name, input }: StatusChange): DataRef {
  let data: DataRef;
  try {
    data = parseDataKey((JSON.parse(input ?? '{}') as { processData: string }).processData);
  } catch (cause) {
    throw Object.assign(new UnknownExecution(executionArn, 'its input holds no process key'), { cause });
  }
  if (name !== executionName(data))
    throw new UnknownExecution(executionArn, 'its input names another process');
  return data;
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
