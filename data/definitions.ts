/**
 * The kinds of process that can be started, as infra/ puts them beside the bundle of each function that needs them.
 *
 * Too large for a function's environment (4 KB), they travel as a file in its code.
 */
import { readFileSync } from 'node:fs';

/** A kind of process. */
export type Definition = {
  name: string;
  description: string | null;
  inputSchema: Record<string, unknown>;
  /** The machine in Amazon States Language, with `${StepName}` where its functions go. */
  machine: Record<string, unknown>;
  /** Its Task states. */
  steps: string[];
  /** The step whose document is the process's output. */
  outputStep: string;
};

/** The name of the file beside a bundle. */
export const DEFINITIONS_FILE = 'definitions.json';

let loaded: ReadonlyMap<string, Definition> | undefined;

/** The definitions by name, in the order of the construct's `definitions`; read once. */
export function definitions(): ReadonlyMap<string, Definition> {
  if (!loaded) {
    const list = JSON.parse(readFileSync(new URL(DEFINITIONS_FILE, import.meta.url), 'utf8')) as Definition[];
    loaded = new Map(list.map((definition) => [definition.name, definition]));
  }
  return loaded;
}

/** The ARN of a definition's state machine; all machines of a facade share a prefix (`MACHINE_ARN_PREFIX`). */
export function machineArn(definition: string): string {
  return `${process.env.MACHINE_ARN_PREFIX}${definition}`;
}

/** The ARN of a process's execution: its name is the processId. */
export function executionArn(definition: string, processId: string): string {
  return `${machineArn(definition).replace(':stateMachine:', ':execution:')}:${processId}`;
}
