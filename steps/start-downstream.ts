/**
 * A step that starts another process: one of its own, with its own id, input, state and data, for the same owner.
 */
import { v5 as uuidv5 } from 'uuid';
import { InvalidInput } from '../api/errors.ts';
import { parseInput } from '../api/input.ts';
import { startProcess } from '../api/start-process.ts';
import { exactJson } from '../client/exact-json.ts';
import { definitions } from '../data/definitions.ts';
import { servicesFromEnvironment } from '../data/services.ts';
import type { ProcessState } from '../data/state.ts';
import type { StepContext } from './step.ts';

/**
 * The state of the downstream process, RUNNING; the caller does not wait for it, and names it in its own document.
 *
 * Its id follows from the parent's process and step (UUID version 5, RFC 9562), so a retry finds the process that the first attempt
 * started. Throws `InvalidInput` for an input that breaks the definition's schema or that JSON would change, and an Error for a definition that the construct does not let this step start.
 */
export function startDownstream(
  context: StepContext,
  definition: string,
  input: unknown,
): Promise<ProcessState> {
  const found = definitions().get(definition);
  if (!found) {
    throw new Error(
      `Step ${context.step} may not start [${definition}]: name it in the construct's \`starts\` of this step`,
    );
  }
  const json = exactJson(
    input,
    (path, message) => new InvalidInput(`The input cannot be passed on: ${path} ${message}`),
  );
  const name = [context.step, context.part ?? '', definition].join('|');
  const processId = uuidv5(name, context.processId);
  const services = servicesFromEnvironment();
  const process = { owner: context.owner, processId };
  return startProcess(services, process, found, parseInput(found, json), 'JOIN');
}
