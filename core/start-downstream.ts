/**
 * Starts a process on behalf of a step.
 *
 * The role of a step may only write the step's own document: no state, input or index entry. The
 * step therefore invokes a function that may. That function cannot know which step invoked it. It
 * only trusts what the parent's record and the construct's `starts` confirm, and derives the owner
 * and the child's id from the parent.
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
 * The request of a step. `processData` is the data key of its process, and `input` is the new
 * process's input as JSON text.
 */
export type DownstreamRequest = {
  processData: string;
  step: string;
  part?: string;
  definition: string;
  input: string;
};

/** Thrown when the step may not start the process. Nothing was written. */
class StartNotAllowed extends CallerError {
  override readonly name = 'StartNotAllowed';
}

/**
 * Starts the child and returns its state. Repeating a request returns the same child. Throws
 * {@link StartNotAllowed}, `InvalidInput` and `ProcessConflict`.
 */
export async function startDownstream(
  from: Services,
  { processData, step, part, definition, input }: DownstreamRequest,
  known: ReadonlyMap<string, Definition>,
): Promise<ProcessState> {
  const parent = parseDataKey(processData);
  // Throws for an invalid step name or index.
  stepKey(parent, part === undefined ? { step } : { step, part });
  const starts = new Map(Object.entries(known.get(parent.definition)?.starts ?? {}));
  const child = known.get(definition);
  if (!child || !starts.get(step)?.includes(definition)) {
    throw new StartNotAllowed(
      `Step ${step} of [${parent.definition}] may not start [${definition}]: add it to the construct's \`starts\` of this step`,
    );
  }
  if (!(await isRunning(from, parent))) {
    throw new StartNotAllowed(`Process [${parent.processId}] of [${parent.definition}] is not running`);
  }
  const processId = uuidv5([step, part ?? '', definition].join('|'), parent.processId);
  return startProcess(from, { owner: parent.owner, processId }, child, parseInput(child, input), 'JOIN');
}

/** A redrive first writes the mark, and records the new run afterwards. */
async function isRunning({ bucket }: Services, parent: DataRef): Promise<boolean> {
  const record = await readState(bucket, parent);
  if (record?.definition !== parent.definition) return false;
  if (!isTerminal(record.status)) return true;
  const mark = await readMark(bucket, parent);
  return mark !== undefined && mark.run > record.redriveCount;
}
