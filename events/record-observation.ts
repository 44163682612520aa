import { countSteps, listDocuments } from '../data/documents.ts';
import type { ProcessRef } from '../data/keys.ts';
import type { Bucket } from '../data/objects.ts';
import { type Observation, observe, type StateRecord } from '../data/state.ts';
import { updateState } from '../data/state-record.ts';

/** The record after the observation, and whether that changed it; undefined where there is no record. */
export function recordObservation(
  bucket: Bucket,
  process: ProcessRef,
  seen: Observation,
): Promise<{ record: StateRecord; changed: boolean } | undefined> {
  return updateState(bucket, process, async (record) => {
    const next = observe(record, seen);
    return next && { ...next, stepsDone: countSteps(await listDocuments(bucket, process)) };
  });
}
