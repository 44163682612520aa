import { InvalidInput, ProcessNotFound } from '../core/errors.ts';
import { isProcessId } from '../core/keys.ts';
import type { Bucket } from '../core/objects.ts';
import type { StateRecord } from '../core/state.ts';
import { readState } from '../core/state-record.ts';

/**
 * Returns the record of one of the owner's processes. Throws {@link ProcessNotFound} and
 * {@link InvalidInput}.
 */
export async function requireState(bucket: Bucket, owner: string, processId: string): Promise<StateRecord> {
  requireProcessId(processId);
  const record = await readState(bucket, { owner, processId });
  if (!record) throw new ProcessNotFound(processId);
  return record;
}

/** Throws {@link InvalidInput} unless the id is a lowercase UUID. */
export function requireProcessId(processId: string): void {
  if (isProcessId(processId)) return;
  throw new InvalidInput(`Expected processId to be a lowercase UUID, got [${processId.slice(0, 100)}]`, [
    { path: '/processId', message: 'must be a lowercase UUID' },
  ]);
}
