/**
 * The state record of a process, `state.json`: created once, then only changed by compare-and-set.
 */
import { type ProcessRef, stateKey } from './keys.ts';
import { type Bucket, getObject, putObject } from './objects.ts';
import type { StateRecord } from './state.ts';

const MAX_ATTEMPTS = 20;

/** The record after an update, and whether the update changed it. */
export type StateUpdate = { record: StateRecord; changed: boolean };

/** Thrown after repeated write conflicts. Callers should retry. */
export class StateContended extends Error {
  override readonly name = 'StateContended';

  constructor(processId: string) {
    super(
      `Could not write the state of process [${processId}]: it changed during each of ${MAX_ATTEMPTS} attempts. Retry`,
    );
  }
}

/**
 * Returns the record. Undefined if the process does not exist, or if its start was interrupted
 * before it was recorded.
 */
export async function readState(bucket: Bucket, process: ProcessRef): Promise<StateRecord | undefined> {
  const object = await getObject(bucket, stateKey(process));
  return object && (JSON.parse(object.text) as StateRecord);
}

/** Writes the record unless there is one, and returns the record that is stored. */
export async function createState(
  bucket: Bucket,
  process: ProcessRef,
  record: StateRecord,
): Promise<StateRecord> {
  const created = await putObject(bucket, stateKey(process), JSON.stringify(record), { ifNoneMatch: '*' });
  if (created) return record;
  return (await readState(bucket, process)) ?? record;
}

/**
 * Replaces the record by the result of `change`, or leaves it if that is undefined.
 *
 * `change` runs again with the newer record if another writer was faster. Returns undefined if
 * there is no record. Throws {@link StateContended}.
 */
export async function updateState(
  bucket: Bucket,
  process: ProcessRef,
  change: (record: StateRecord) => Promise<StateRecord | undefined> | StateRecord | undefined,
): Promise<StateUpdate | undefined> {
  const key = stateKey(process);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const object = await getObject(bucket, key);
    if (!object) return undefined;
    const record = JSON.parse(object.text) as StateRecord;
    const changed = await change(record);
    if (!changed) return { record, changed: false };
    if (await putObject(bucket, key, JSON.stringify(changed), { ifMatch: object.etag }))
      return { record: changed, changed: true };
  }
  throw new StateContended(process.processId);
}
