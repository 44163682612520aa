/**
 * Reads a definition's folder: `machine.asl.json`, `input.schema.json`, and one `<StepName>.ts` for
 * each Task state.
 *
 * Mistakes that would fail in the middle of a process are rejected here, before a deployment.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import aslValidator from 'asl-validator';
import type { Definition } from '../core/definitions.ts';
import { INPUT } from '../core/documents.ts';
import { isDefinitionName, isStepName } from '../core/keys.ts';
import { InvalidDefinition } from './errors.ts';
import { checkInputSchema } from './input-schema.ts';
import { type Machine, type Task, tasksOf } from './task-states.ts';

/** A kind of process. */
export type DefinitionProps = {
  /**
   * The folder with `machine.asl.json`, `input.schema.json` and a `<StepName>.ts` for each Task
   * state.
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
  loops: boolean;
  /**
   * Whether it writes one document per entry of its loop or item of its Map, instead of one per
   * process.
   */
  repeats: boolean;
  starts: readonly string[];
};

const PARAMETERS = { 'state.$': '$', 'attempt.$': '$$.State.RetryCount' };

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

  const tasks = tasksOf(machine);
  for (const task of tasks) checkTask(name, props.folder, task);
  const steps = tasks.map((task) => task.name);
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
    steps: tasks.map((task) => ({
      name: task.name,
      file: join(props.folder, `${task.name}.ts`),
      loops: task.loops,
      repeats: task.loops || task.inside.some(({ state }) => state.Type === 'Map'),
      starts: new Map(Object.entries(starts)).get(task.name) ?? [],
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

function checkTask(definition: string, folder: string, { name, state, inside }: Task): void {
  const reject = (problem: string) => {
    throw new InvalidDefinition(definition, `Task [${name}]: ${problem}`);
  };
  if (!isStepName(name) || name === INPUT) {
    reject(
      `Expected a name of at most 80 letters, digits, - and _ that begins with a letter and is not "${INPUT}"`,
    );
  }
  if (!existsSync(join(folder, `${name}.ts`))) reject(`${join(folder, `${name}.ts`)} does not exist`);
  if (state.Resource !== `\${${name}}`)
    reject(`Expected "Resource": "\${${name}}", got ${JSON.stringify(state.Resource)}`);
  if (!isDeepStrictEqual(state.Parameters, PARAMETERS))
    reject(`Expected "Parameters": ${JSON.stringify(PARAMETERS)}, got ${JSON.stringify(state.Parameters)}`);
  const looped = inside.find((around) => around.loops);
  if (looped) {
    reject(
      `It is inside [${looped.name}], which is in a loop. Entries cannot be counted across a Parallel or Map: make [${looped.name}] a separate process`,
    );
  }
  const map = inside.findLast((around) => around.state.Type === 'Map');
  const item = map?.state.ItemSelector?.['item.$'];
  if (map && (typeof item !== 'string' || !item.includes('$$.Map.Item.Index'))) {
    reject(
      `Expected the Map [${map.name}] around it to number its items: "ItemSelector": { "processData.$": "$.processData", "item.$": "$$.Map.Item.Index" }`,
    );
  }
}
