import { countSteps } from '../core/documents.ts';
import { publishingServicesFromEnvironment } from '../core/publishing-services.ts';
import { readRepair } from '../core/read-repair.ts';
import { toProcessState, withStepsDone } from '../core/state.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

const services = publishingServicesFromEnvironment();
const { bucket } = services;

/**
 * Steps are counted from their documents: the record is written at the start and at the end only,
 * and a step that was cut off may write its document after the end.
 */
export const handler = field(async ({ processId }: { processId: string }, owner) => {
  const process = { owner, processId };
  const record = await readRepair(services, process, await requireState(bucket, owner, processId));
  return withStepsDone(
    toProcessState(record),
    await countSteps(bucket, { ...process, definition: record.definition }),
  );
});
