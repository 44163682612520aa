/**
 * A status event may never come: EventBridge has them from Step Functions by best effort. So a state that says RUNNING for long is not
 * simply believed.
 */
import type { ProcessRef } from '../data/keys.ts';
import type { Bucket } from '../data/objects.ts';
import type { StateRecord } from '../data/state.ts';
import { readState, updateState } from '../data/state-record.ts';
import { repairState } from '../events/repair-state.ts';

const REPAIR_AFTER_MS = Number(process.env.REPAIR_AFTER_SECONDS ?? 30) * 1_000;

/**
 * The record, after Step Functions was asked where it has been RUNNING for 30 seconds (`REPAIR_AFTER_SECONDS`) since its start or since it was
 * last asked. Of callers that read at once, one asks: DescribeExecution is limited to some 15 calls a second for a whole account.
 */
export async function readRepair(
  bucket: Bucket,
  process: ProcessRef,
  record: StateRecord,
): Promise<StateRecord> {
  if (!isDue(record)) return record;
  const claimed = await updateState(bucket, process, (now) =>
    isDue(now) ? { ...now, checkedAt: new Date().toISOString() } : undefined,
  );
  if (!claimed?.changed) return claimed?.record ?? record;
  try {
    return (await repairState(bucket, process, record.definition, 'read')) ?? claimed.record;
  } catch (error) {
    // The reader has asked for the state, and there is one: the next reader after the time, or the sweep, tries again.
    console.error(`Process [${process.processId}] could not be repaired`, error);
    return (await readState(bucket, process)) ?? claimed.record;
  }
}

function isDue({ status, startedAt, checkedAt }: StateRecord): boolean {
  return status === 'RUNNING' && Date.now() - Date.parse(checkedAt ?? startedAt) > REPAIR_AFTER_MS;
}
