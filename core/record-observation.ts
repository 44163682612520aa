import { countSteps } from './documents.ts';
import type { DataRef } from './keys.ts';
import type { Bucket } from './objects.ts';
import { isTerminal, type Observation, observe, type StateRecord, withStepsDone } from './state.ts';
import { updateState } from './state-record.ts';

/**
 * By which way the facade came to know of a change: kept in the logs, where the ways can be
 * counted.
 */
export type Recorder = 'event' | 'read' | 'sweep' | 'stop' | 'redrive';

/**
 * The record after the observation, and whether that changed it; undefined where there is no
 * record.
 */
export async function recordObservation(
  bucket: Bucket,
  data: DataRef,
  seen: Observation,
  by: Recorder,
): Promise<{ record: StateRecord; changed: boolean } | undefined> {
  const count = () => countSteps(bucket, data);
  // An end is new nearly always, and somebody waits for it: its steps are counted while the record
  // is read.
  const counting = isTerminal(seen.status) ? count() : undefined;
  counting?.catch(() => undefined);
  const updated = await updateState(bucket, data, async (record) => {
    const next = observe(record, seen);
    return next && withStepsDone(next, await (counting ?? count()));
  });
  if (updated?.changed) {
    const { processId, status, version } = updated.record;
    console.log(JSON.stringify({ message: 'recorded', by, status, version, processId }));
  }
  return updated;
}
