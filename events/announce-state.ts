import type { ProcessRef } from '../data/keys.ts';
import type { Bucket } from '../data/objects.ts';
import { claimRunning, releaseRunning } from '../data/process-index.ts';
import { isTerminal, type StateRecord, toProcessState } from '../data/state.ts';
import { readState } from '../data/state-record.ts';
import { publishState } from './publish-state.ts';

/**
 * Pushes a recorded state, and takes an ended process off the list of running ones: in this order, so that a process whose end was not
 * pushed stays where the sweep looks. Throws `PublishFailed`.
 */
export async function announceState(bucket: Bucket, process: ProcessRef, record: StateRecord): Promise<void> {
  await publishState(toProcessState(record));
  if (!isTerminal(record.status)) return;
  await releaseRunning(bucket, process.processId);
  // A redrive may have listed it again in between.
  const now = await readState(bucket, process);
  if (now && !isTerminal(now.status)) await claimRunning(bucket, process);
}
