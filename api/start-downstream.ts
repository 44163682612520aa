/**
 * Starts a process for a step that starts one downstream. No field of the API: steps invoke it.
 *
 * The role of a step may write the step's own document, and no state, input or index entry. So the step asks, and this
 * function, which may write them, decides. It cannot know which step invoked it. Therefore it believes nothing of a request
 * but what the parent's record and the construct's `starts` confirm, and takes the owner and the child's id from the parent.
 */
import type { Context } from 'aws-lambda';
import { v5 as uuidv5 } from 'uuid';
import { type Definition, definitions } from '../core/definitions.ts';
import { CallerError } from '../core/errors.ts';
import { parseInput } from '../core/input.ts';
import { type DataRef, parseDataKey, stepKey } from '../core/keys.ts';
import { readMark } from '../core/process-index.ts';
import { type Services, servicesFromEnvironment } from '../core/services.ts';
import { startProcess } from '../core/start-process.ts';
import { isTerminal, type ProcessState } from '../core/state.ts';
import { readState } from '../core/state-record.ts';
import { answer, type FieldAnswer } from './field.ts';

/** What a step sends. `processData` is the data key of its process, `input` the JSON text of the new process's input. */
export type DownstreamRequest = {
  processData: string;
  step: string;
  part?: string;
  definition: string;
  input: string;
};

/** Thrown when nothing may be started on the parent's behalf; nothing was written. */
export class StartNotAllowed extends CallerError {
  override readonly name = 'StartNotAllowed';
}

const services = servicesFromEnvironment();

/** A caller's mistake is an answer with the error's name; anything else is a failed invocation. */
export function handler(event: DownstreamRequest, lambda: Context): Promise<FieldAnswer<ProcessState>> {
  return answer(lambda, () => startDownstream(services, event, definitions()));
}

/**
 * The state of the child, which the same request made again returns too. Throws {@link StartNotAllowed}, `InvalidInput` and
 * `ProcessConflict`.
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
