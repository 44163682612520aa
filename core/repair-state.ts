import { announceState } from './announce-state.ts';
import type { DataRef } from './keys.ts';
import { observeExecution } from './observe-execution.ts';
import { type Recorder, recordObservation } from './record-observation.ts';
import type { PublishingServices } from './services.ts';
import { neverStarted, type StateRecord } from './state.ts';
import { updateState } from './state-record.ts';

/**
 * Asks Step Functions about a process, and records and publishes what is new: also that its
 * execution was never started, when the start is longer ago than any function lives. Undefined
 * where there is no record.
 */
export async function repairState(
  services: PublishingServices,
  data: DataRef,
  by: Recorder,
): Promise<{ record: StateRecord; changed: boolean } | undefined> {
  const askedAt = services.now();
  const seen = await observeExecution(services, data);
  const updated = seen
    ? await recordObservation(services.bucket, data, seen, by)
    : await updateState(services.bucket, data, (record) => neverStarted(record, askedAt));
  if (updated?.changed) await announceState(services, data, updated.record);
  return updated;
}
