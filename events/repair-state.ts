import type { ProcessRef } from '../data/keys.ts';
import type { Bucket } from '../data/objects.ts';
import type { StateRecord } from '../data/state.ts';
import { announceState } from './announce-state.ts';
import { observeExecution } from './observe-execution.ts';
import { type Recorder, recordObservation } from './record-observation.ts';

/**
 * The record after Step Functions was asked, and what it told was recorded and pushed; undefined where there is no such execution, or
 * no record. For what no event has told.
 */
export async function repairState(
  bucket: Bucket,
  process: ProcessRef,
  definition: string,
  by: Recorder,
): Promise<StateRecord | undefined> {
  const seen = await observeExecution(process, definition);
  if (typeof seen === 'string') return undefined;
  const updated = await recordObservation(bucket, process, seen, by);
  if (updated?.changed) await announceState(bucket, process, updated.record);
  return updated?.record;
}
