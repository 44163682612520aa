import { countSteps } from '../core/documents.ts';
import { publishingServicesFromEnvironment } from '../core/publishing-services.ts';
import { readRepair } from '../core/read-repair.ts';
import { toProcessState, withStepsDone } from '../core/state.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

const services = publishingServicesFromEnvironment();
const { bucket } = services;

/**
 * Counts the steps by their documents. The record is only written at the start and the end, and an
 * interrupted step may write its document after the end.
 */
export const handler = field(async ({ processId }: { processId: string }, owner) => {
  const process = { owner, processId };
  const record = await readRepair(services, process, await requireState(bucket, owner, processId));
  return withStepsDone(
    toProcessState(record),
    await countSteps(bucket, { ...process, definition: record.definition }),
  );
});
