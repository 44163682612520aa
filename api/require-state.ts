import { isProcessId } from '../data/keys.ts';
import type { Bucket } from '../data/objects.ts';
import type { StateRecord } from '../data/state.ts';
import { readState } from '../data/state-record.ts';
import { ProcessNotFound } from './errors.ts';

/** The record of one of the owner's processes. Throws {@link ProcessNotFound}, also for an id that cannot be one. */
export async function requireState(bucket: Bucket, owner: string, processId: string): Promise<StateRecord> {
  const record = isProcessId(processId) ? await readState(bucket, { owner, processId }) : undefined;
  if (!record) throw new ProcessNotFound(processId);
  return record;
}
