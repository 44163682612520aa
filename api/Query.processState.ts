import { countSteps, listDocuments } from '../data/documents.ts';
import { bucketFromEnvironment } from '../data/objects.ts';
import { isTerminal, toProcessState } from '../data/state.ts';
import { field } from './field.ts';
import { requireState } from './require-state.ts';

const bucket = bucketFromEnvironment();

/** While a process runs, its steps are counted from their documents: the record is written at the start and at the end only. */
export const handler = field(async ({ processId }: { processId: string }, owner) => {
  const state = toProcessState(await requireState(bucket, owner, processId));
  if (isTerminal(state.status)) return state;
  return { ...state, stepsDone: countSteps(await listDocuments(bucket, { owner, processId })) };
});
