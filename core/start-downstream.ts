/**
 * Starts a process on behalf of a step.
 *
 * The role of a step may write the step's own document, and no state, input or index entry. So the
 * step asks a function that may. That function cannot know which step invoked it. It therefore
 * trusts nothing in a request but what the parent's record and the construct's `starts` confirm,
 * and takes the owner and the child's id from the parent.
 */

import { v5 as uuidv5 } from 'uuid';
import type { ProcessState } from './api-types.ts';
import type { Definition } from './definitions.ts';
import { CallerError } from './errors.ts';
import { parseInput } from './input.ts';
import { type DataRef, parseDataKey, stepKey } from './keys.ts';
import { readMark } from './process-index.ts';
import type { Services } from './services.ts';
import { startProcess } from './start-process.ts';
import { isTerminal } from './state.ts';
import { readState } from './state-record.ts';

/**
 * What a step sends. `processData` is the data key of its process, `input` the JSON text of the new
 * process's input.
 */
export type DownstreamRequest = {
  processData: string;
  step: string;
  part?: string;
  definition: string;
  input: string;
};

/** Thrown when nothing may be started on the parent's behalf; nothing was written. */
class StartNotAllowed extends CallerError {
  override readonly name = 'StartNotAllowed';
}

/**
 * The state of the child, which the same request made again returns too. Throws
 * {@link StartNotAllowed}, `InvalidInput` and `ProcessConflict`.
 */
export async function startDownstream(
  from: Services,
  { processData, step, part, definition, input }: DownstreamRequest,
  known: ReadonlyMap<string, Definition>,
): Promise<ProcessState> {
  const parent = parseDataKey(processData);
  // Throws for a name or a number that no step has.
  stepKey(parent, part === undefined ? { step } : { step, part });
  const starts = new Map(Object.entries(known.get(parent.definition)?.starts ?? {}));
  const child = known.get(definition);
  if (!child || !starts.get(step)?.includes(definition)) {
    throw new StartNotAllowed(
      `Step ${step} of [${parent.definition}] may not start [${definition}]: name it in the construct's \`starts\` of this step`,
    );
  }
  if (!(await isRunning(from, parent))) {
    throw new StartNotAllowed(`No process [${parent.processId}] of [${parent.definition}] is running`);
  }
  const processId = uuidv5([step, part ?? '', definition].join('|'), parent.processId);
  return startProcess(from, { owner: parent.owner, processId }, child, parseInput(child, input), 'JOIN');
}

/** A redrive marks the process before it runs on, and records that afterwards. */
async function isRunning({ bucket }: Services, parent: DataRef): Promise<boolean> {
  const record = await readState(bucket, parent);
  if (record?.definition !== parent.definition) return false;
  if (!isTerminal(record.status)) return true;
  const mark = await readMark(bucket, parent);
  return mark !== undefined && mark.run > record.redriveCount;
}
