/**
 * Reads a definition's folder: `machine.asl.json`, `input.schema.json`, and one `<StepName>.ts` for
 * each Task state.
 *
 * Mistakes that would fail in the middle of a process are rejected here, before a deployment.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import aslValidator from 'asl-validator';
import type { Definition } from '../core/definitions.ts';
import { isDefinitionName } from '../core/keys.ts';
import { checkStates } from './check-states.ts';
import { InvalidDefinition } from './errors.ts';
import { checkInputSchema } from './input-schema.ts';
import { type Machine, statesOf, stepNameOf } from './task-states.ts';

/** A kind of process. */
export type DefinitionProps = {
  /**
   * The folder with `machine.asl.json`, `input.schema.json` and a `<StepName>.ts` for each Task
   * state: absolute, or relative to the file that creates the facade.
   */
  readonly folder: string;
  /** The step whose document is the output of the process. */
  readonly outputStep: string;
  /**
   * The definitions that each step may start downstream, by step name.
   * @default - none
   */
  readonly starts?: Readonly<Record<string, readonly string[]>>;
};

/** A step to deploy. */
export type StepSource = {
  name: string;
  file: string;
  starts: readonly string[];
};

/**
 * Returns the definition and the sources of its steps. Throws {@link InvalidDefinition}, which says
 * what is wrong and where.
 */
export function readDefinition(
  name: string,
  props: DefinitionProps,
): { definition: Definition; steps: StepSource[] } {
  if (!isDefinitionName(name))
    throw new InvalidDefinition(
      name,
      'Expected a name of at most 30 letters, digits and hyphens that begins with a letter',
    );
  // `processes/*/steps/steps/*` in a policy would match its own documents and the items of any step
  // called `steps`.
  if (name === 'steps')
    throw new InvalidDefinition(
      name,
      'The name is reserved. Choose another one: the keys of documents contain it',
    );
  const machine = readJson(name, join(props.folder, 'machine.asl.json')) as Machine;
  const inputSchema = readJson(name, join(props.folder, 'input.schema.json'));
  checkLanguage(name, machine);
  checkInputSchema(name, inputSchema);

  checkStates(name, machine);
  const steps = statesOf(machine)
    .filter(({ state }) => state.Type === 'Task')
    .map((task) => stepNameOf(task.name));
  const fileOf = (step: string) => join(props.folder, `${step}.ts`);
  const missing = steps.map(fileOf).find((file) => !existsSync(file));
  if (missing)
    throw new InvalidDefinition(name, `${missing} does not exist: write the step, or remove its Task state`);
  if (!steps.includes(props.outputStep)) {
    throw new InvalidDefinition(
      name,
      `Expected outputStep to be one of [${steps.join(', ')}], got [${props.outputStep}]`,
    );
  }
  const starts = props.starts ?? {};
  const unknown = Object.keys(starts).filter((step) => !steps.includes(step));
  if (unknown.length > 0)
    throw new InvalidDefinition(
      name,
      `Expected the names in starts to be steps, got [${unknown.join(', ')}]`,
    );

  return {
    definition: {
      name,
      description: machine.Comment ?? null,
      inputSchema,
      machine: machine as Record<string, unknown>,
      steps,
      outputStep: props.outputStep,
      starts,
    },
    steps: steps.map((step) => ({
      name: step,
      file: fileOf(step),
      starts: new Map(Object.entries(starts)).get(step) ?? [],
    })),
  };
}

function readJson(name: string, file: string): unknown {
  if (!existsSync(file)) throw new InvalidDefinition(name, `${file} does not exist`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new InvalidDefinition(name, `${file} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

function checkLanguage(name: string, machine: Machine): void {
  // The validator requires ARNs where the file has the names of functions.
  const deployed = JSON.stringify(machine).replace(
    /"\$\{[A-Za-z0-9_-]+\}"/g,
    '"arn:aws:lambda:us-east-1:123456789012:function:step"',
  );
  const { isValid, errorsText } = aslValidator(JSON.parse(deployed), { checkArn: true, checkPaths: true });
  if (!isValid)
    throw new InvalidDefinition(name, `machine.asl.json is not a valid state machine: ${errorsText('; ')}`);
}
