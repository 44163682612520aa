/**
 * The state record of a process, `state.json`: created once, then changed by compare-and-set only.
 */
import { type ProcessRef, stateKey } from './keys.ts';
import { type Bucket, getObject, putObject } from './objects.ts';
import type { StateRecord } from './state.ts';

const MAX_ATTEMPTS = 20;

/** Thrown when other writers were faster every time; the caller's own retry is the way on. */
export class StateContended extends Error {
  override readonly name = 'StateContended';

  constructor(processId: string) {
    super(
      `The state of process [${processId}] changed under ${MAX_ATTEMPTS} attempts to write it: try again`,
    );
  }
}

/**
 * The record, or undefined for a process that does not exist (or whose start broke off before it
 * was recorded).
 */
export async function readState(bucket: Bucket, process: ProcessRef): Promise<StateRecord | undefined> {
  const object = await getObject(bucket, stateKey(process));
  return object && (JSON.parse(object.text) as StateRecord);
}

/** The record that stands after the call: the given one, or the one that was there already. */
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
 * The record after `change`, which gets the record as it stands and returns the one to write, or
 * undefined to leave it. `change` is called again, with the newer record, when another writer came
 * first. Undefined where there is no record. Throws {@link StateContended}.
 */
export async function updateState(
  bucket: Bucket,
  process: ProcessRef,
  change: (record: StateRecord) => Promise<StateRecord | undefined> | StateRecord | undefined,
): Promise<{ record: StateRecord; changed: boolean } | undefined> {
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
