import { countSteps, listDocuments } from '../data/documents.ts';
import { bucketFromEnvironment } from '../data/objects.ts';
import { isTerminal, toProcessState } from '../data/state.ts';
import { field } from './field.ts';
import { readRepair } from './read-repair.ts';
import { requireState } from './require-state.ts';

const bucket = bucketFromEnvironment();

/** While a process runs, its steps are counted from their documents: the record is written at the start and at the end only. */
export const handler = field(async ({ processId }: { processId: string }, owner) => {
  const process = { owner, processId };
  const record = await readRepair(bucket, process, await requireState(bucket, owner, processId));
  const state = toProcessState(record);
  if (isTerminal(state.status)) return state;
  return { ...state, stepsDone: countSteps(await listDocuments(bucket, process)) };
});
