/**
 * Records the status of an execution from its event, then publishes it.
 *
 * Events may be lost, duplicated and reordered:
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
import type { EventBridgeEvent } from 'aws-lambda';
import { executionName } from '../core/definitions.ts';
import { type DataRef, parseDataKey } from '../core/keys.ts';
import { bucketFromEnvironment } from '../core/objects.ts';
import { publishState } from '../core/publish-state.ts';
import { publishAndRelease, recordObservation } from '../core/record-status.ts';
import type { PublishingServices } from '../core/services.ts';
import { isProcessStatus, isRecorded, type Observation } from '../core/state.ts';

/** Fields of the event that are used. Dates are milliseconds since the epoch. */
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
 * Thrown for an event of an execution that does not belong to a process. Nothing is recorded, and
 * the event goes to the dead-letter queue.
 */
export class UnknownExecution extends Error {
  override readonly name = 'UnknownExecution';

  constructor(executionArn: string, reason: string, options?: ErrorOptions) {
    super(`Execution [${executionArn}] does not belong to this facade: ${reason}`, options);
  }
}

/** Services for recording an event, which has all that is needed of the execution. */
type Recording = Pick<PublishingServices, 'bucket' | 'publish'>;

const services: Recording = { bucket: bucketFromEnvironment(), publish: publishState };

/** Fails if recording or publishing fails, and is then invoked again. */
export function handler({ detail }: EventBridgeEvent<string, StatusChange>): Promise<void> {
  return recordStatusChange(services, detail);
}

/**
 * Records the change and publishes it. A duplicate is published again, because the first
 * publication may have failed. An older change is neither recorded nor published.
 */
export async function recordStatusChange(services: Recording, detail: StatusChange): Promise<void> {
  const data = dataOf(detail);
  const seen = toObservation(detail);
  const updated = await recordObservation(services.bucket, data, seen, 'event');
  if (!updated) throw new UnknownExecution(detail.executionArn, 'it has no state record');
  if (!isRecorded(updated.record, seen)) return;
  await publishAndRelease(services, data, updated.record, 'event');
}

/** Returns the process in the execution's input, if the execution's name is derived from it. */
function dataOf({ executionArn, name, input }: StatusChange): DataRef {
  let data: DataRef;
  try {
    data = parseDataKey((JSON.parse(input ?? '{}') as { processData: string }).processData);
  } catch (cause) {
    throw new UnknownExecution(executionArn, 'its input has no process key', { cause });
  }
  if (name !== executionName(data))
    throw new UnknownExecution(executionArn, 'its input belongs to another process');
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
