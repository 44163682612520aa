/**
 * Verifies states that are read. Step Functions sends status events to EventBridge on a best-effort
 * basis, so a state that stays RUNNING for too long is checked against the execution.
 */

import type { ProcessRef } from './keys.ts';
import { repairState } from './record-status.ts';
import type { PublishingServices, Recorder } from './services.ts';
import type { StateRecord } from './state.ts';
import { readState, updateState } from './state-record.ts';

const REPAIR_AFTER_MS = Number(process.env.REPAIR_AFTER_SECONDS ?? 30) * 1_000;

/**
 * Returns the record, after repairing it if it has been RUNNING for 30 seconds
 * (`REPAIR_AFTER_SECONDS`) since its start or last check.
 *
 * Of concurrent readers, only one calls DescribeExecution, which is limited to about 15 calls a
 * second per account.
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
 * Returns the record after checking Step Functions.
 *
 * If the check or the publication fails, returns the record as it is then: the caller gets a
 * response, and the next reader, the event or the sweep completes the repair.
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
    console.error(`Could not repair process [${process.processId}]`, error);
    return (await readState(services.bucket, process)) ?? record;
  }
}

function isDue({ status, startedAt, checkedAt }: StateRecord, now: Date): boolean {
  return status === 'RUNNING' && now.getTime() - Date.parse(checkedAt ?? startedAt) > REPAIR_AFTER_MS;
}
