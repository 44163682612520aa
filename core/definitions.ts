/**
 * The kinds of process that can be started, as infra/ puts them beside the bundle of each function
 * that needs them.
 *
 * Too large for a function's environment (4 KB), they travel as a file in its code.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ProcessDefinition } from './api-types.ts';
import { type DataRef, dataKey, type ProcessRef } from './keys.ts';

/** A definition: what the API shows of it, and what only the functions need. */
export type Definition = ProcessDefinition & {
  inputSchema: Record<string, unknown>;
  /** The machine in Amazon States Language, with `${StepName}` where its functions go. */
  machine: Record<string, unknown>;
  /** The step whose document is the process's output. */
  outputStep: string;
  /** Which definitions each of its steps may start downstream. */
  starts: Readonly<Record<string, readonly string[]>>;
};

/** The name of the file beside a bundle. */
export const DEFINITIONS_FILE = 'definitions.json';

/** 64 bits: two owners of one id never share a name by chance. */
const OWNER_HASH_LENGTH = 16;

let loaded: ReadonlyMap<string, Definition> | undefined;

/** The definitions by name, in the order of the construct's `definitions`; read once. */
export function definitions(): ReadonlyMap<string, Definition> {
  if (!loaded) {
    const list = JSON.parse(readFileSync(new URL(DEFINITIONS_FILE, import.meta.url), 'utf8')) as Definition[];
    loaded = new Map(list.map((definition) => [definition.name, definition]));
  }
  return loaded;
}

/**
 * The ARN of a definition's state machine; all machines of a facade share a prefix
 * (`MACHINE_ARN_PREFIX`).
 */
export function machineArn(definition: string): string {
  return `${process.env.MACHINE_ARN_PREFIX}${definition}`;
}

/**
 * The name of a process's execution: the processId, and which owner's it is, because two owners may
 * use one id, and neither may learn of the other. At most 80 characters; unique for 90 days after
 * the end. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export function executionName({ owner, processId }: ProcessRef): string {
  return `${processId}-${createHash('sha256').update(owner).digest('hex').slice(0, OWNER_HASH_LENGTH)}`;
}

/** The ARN of a process's execution. */
export function executionArn(data: DataRef): string {
  return `${machineArn(data.definition).replace(':stateMachine:', ':execution:')}:${executionName(data)}`;
}

/** The whole input of a process's execution. */
export function executionInput(data: DataRef): string {
  return JSON.stringify({ processData: dataKey(data) });
}
