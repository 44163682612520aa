/**
 * A status event may never come: EventBridge has them from Step Functions by best effort. So a
 * state that says RUNNING for long is not simply believed.
 */

import type { ProcessRef } from './keys.ts';
import { type Recorder, repairState } from './record-status.ts';
import type { PublishingServices } from './services.ts';
import type { StateRecord } from './state.ts';
import { readState, updateState } from './state-record.ts';

const REPAIR_AFTER_MS = Number(process.env.REPAIR_AFTER_SECONDS ?? 30) * 1_000;

/**
 * The record, after Step Functions was asked where it has been RUNNING for 30 seconds
 * (`REPAIR_AFTER_SECONDS`) since its start or since it was last asked. Of callers that read at
 * once, one asks: DescribeExecution is limited to some 15 calls a second for a whole account.
 */
export async function readRepair(
  services: PublishingServices,
  process: ProcessRef,
  record: StateRecord,
): Promise<StateRecord> {
  if (!isDue(record, services.now())) return record;
  const claimed = await updateState(services.bucket, process, (present) =>
    isDue(present, services.now()) ? { ...present, checkedAt: services.now().toISOString() } : undefined,
  );
  if (!claimed?.changed) return claimed?.record ?? record;
  return repairOrRead(services, process, claimed.record, 'read');
}

/**
 * The record after Step Functions was asked. Where that fails, or the push of what it told does,
 * the record as it stands then: the caller gets an answer, and the next reader, the event or the
 * sweep does the rest.
 */
export async function repairOrRead(
  services: PublishingServices,
  process: ProcessRef,
  record: StateRecord,
  by: Recorder,
): Promise<StateRecord> {
  try {
    return (await repairState(services, { ...process, definition: record.definition }, by))?.record ?? record;
  } catch (error) {
    console.error(`Process [${process.processId}] could not be repaired`, error);
    return (await readState(services.bucket, process)) ?? record;
  }
}

function isDue({ status, startedAt, checkedAt }: StateRecord, now: Date): boolean {
  return status === 'RUNNING' && now.getTime() - Date.parse(checkedAt ?? startedAt) > REPAIR_AFTER_MS;
}
