/**
 * The definitions of a facade. They are too large for a function's environment variables (4 KB), so
 * infra/ puts them into a file beside the bundle of each function that needs them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ProcessDefinition } from './api-types.ts';
import { type DataRef, dataKey, type ProcessRef } from './keys.ts';

/** A definition as the functions read it: the API's fields and their own. */
export type Definition = ProcessDefinition & {
  inputSchema: Record<string, unknown>;
  /** The machine in Amazon States Language, with `${StepName}` in place of function ARNs. */
  machine: Record<string, unknown>;
  /** The step whose document is the process's output. */
  outputStep: string;
  /** Definitions that each step may start downstream, by step name. */
  starts: Readonly<Record<string, readonly string[]>>;
};

/** Name of the file beside a bundle. */
export const DEFINITIONS_FILE = 'definitions.json';

/** 64 bits, so that two owners of one id do not share a name by chance. */
const OWNER_HASH_LENGTH = 16;

let loaded: ReadonlyMap<string, Definition> | undefined;

/** Returns the definitions by name, in the order of the construct's `definitions`. Read once. */
export function definitions(): ReadonlyMap<string, Definition> {
  if (!loaded) {
    const list = JSON.parse(readFileSync(new URL(DEFINITIONS_FILE, import.meta.url), 'utf8')) as Definition[];
    loaded = new Map(list.map((definition) => [definition.name, definition]));
  }
  return loaded;
}

/**
 * Returns the ARN of a definition's state machine. All machines of a facade share a prefix
 * (`MACHINE_ARN_PREFIX`).
 */
export function machineArn(definition: string): string {
  return `${process.env.MACHINE_ARN_PREFIX}${definition}`;
}

/**
 * Returns the name of a process's execution: the processId and a hash of the owner.
 *
 * Two owners may use one id without learning of each other. A name has at most 80 characters and
 * stays reserved for 90 days after the end.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export function executionName({ owner, processId }: ProcessRef): string {
  return `${processId}-${createHash('sha256').update(owner).digest('hex').slice(0, OWNER_HASH_LENGTH)}`;
}

/** Returns the ARN of a process's execution. */
export function executionArn(data: DataRef): string {
  return `${machineArn(data.definition).replace(':stateMachine:', ':execution:')}:${executionName(data)}`;
}

/** Returns the complete input of a process's execution. */
export function executionInput(data: DataRef): string {
  return JSON.stringify({ processData: dataKey(data) });
}
