import type { ProcessRef } from './keys.ts';
import { readMark, removeMark } from './process-index.ts';
import type { PublishingServices } from './services.ts';
import { isTerminal, type StateRecord, toProcessState } from './state.ts';

/**
 * Publishes a recorded state, and removes the mark of a run that has ended: in this order, so that
 * the sweep finds a process whose end was not published. The mark of a later run, which a redrive
 * is about to begin, stays. Throws `PublishFailed`.
 */
export async function announceState(
  { bucket, publish }: Pick<PublishingServices, 'bucket' | 'publish'>,
  process: ProcessRef,
  record: StateRecord,
): Promise<void> {
  await publish(toProcessState(record));
  if (!isTerminal(record.status)) return;
  const mark = await readMark(bucket, process);
  if (mark && mark.run <= record.redriveCount) await removeMark(bucket, process, mark);
}
