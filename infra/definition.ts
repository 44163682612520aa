/**
 * Reading a definition's folder: `machine.asl.json`, `input.schema.json`, and one `<StepName>.ts`
 * for each Task state.
 *
 * What would fail in the middle of a process is refused here, before anything is deployed.
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

/** A kind of process, as the user of the construct gives it. */
export type DefinitionProps = {
  /**
   * The folder with `machine.asl.json`, `input.schema.json` and a `<StepName>.ts` for each Task
   * state.
   */
  readonly folder: string;
  /** The step whose document is the output of the process. */
  readonly outputStep: string;
  /**
   * Which definitions a step may start downstream.
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
   * It writes a document for each entry of its loop or item of its Map, not one for the process.
   */
  repeats: boolean;
  starts: readonly string[];
};

const PARAMETERS = { 'state.$': '$', 'attempt.$': '$$.State.RetryCount' };

/**
 * The definition and the sources of its steps. Throws {@link InvalidDefinition} with what is wrong
 * and where.
 */
export function readDefinition(
  name: string,
  props: DefinitionProps,
): { definition: Definition; steps: StepSource[] } {
  if (!isDefinitionName(name))
    throw new InvalidDefinition(
      name,
      'a name has up to 30 letters, digits and hyphens, and begins with a letter',
    );
  // `processes/*/steps/steps/*` in a policy would be its own documents, and the items of any step
  // that is called `steps`.
  if (name === 'steps') throw new InvalidDefinition(name, 'the name is taken: keys of documents have it');
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
      `outputStep [${props.outputStep}] is none of its steps [${steps.join(', ')}]`,
    );
  }
  const starts = props.starts ?? {};
  const unknown = Object.keys(starts).filter((step) => !steps.includes(step));
  if (unknown.length > 0)
    throw new InvalidDefinition(name, `starts names [${unknown.join(', ')}], which is none of its steps`);

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
  if (!existsSync(file)) throw new InvalidDefinition(name, `there is no ${file}`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw Object.assign(
      new InvalidDefinition(name, `${file} is not valid JSON: ${(cause as Error).message}`),
      {
        cause,
      },
    );
  }
}

function checkLanguage(name: string, machine: Machine): void {
  // The check insists on ARNs where the file has the names of functions.
  const deployed = JSON.stringify(machine).replace(
    /"\$\{[A-Za-z0-9_-]+\}"/g,
    '"arn:aws:lambda:us-east-1:123456789012:function:step"',
  );
  const { isValid, errorsText } = aslValidator(JSON.parse(deployed), { checkArn: true, checkPaths: true });
  if (!isValid)
    throw new InvalidDefinition(name, `machine.asl.json is no valid state machine: ${errorsText('; ')}`);
}

function checkTask(definition: string, folder: string, { name, state, inside }: Task): void {
  const refuse = (problem: string) => {
    throw new InvalidDefinition(definition, `Task [${name}]: ${problem}`);
  };
  if (!isStepName(name) || name === INPUT) {
    refuse(
      `a step is named by up to 80 letters, digits, - and _, beginning with a letter, and not "${INPUT}"`,
    );
  }
  if (!existsSync(join(folder, `${name}.ts`))) refuse(`there is no ${join(folder, `${name}.ts`)}`);
  if (state.Resource !== `\${${name}}`)
    refuse(`expected "Resource": "\${${name}}", got ${JSON.stringify(state.Resource)}`);
  if (!isDeepStrictEqual(state.Parameters, PARAMETERS))
    refuse(`expected "Parameters": ${JSON.stringify(PARAMETERS)}`);
  const looped = inside.find((around) => around.loops);
  if (looped) {
    refuse(
      `[${looped.name}] around it is in a loop, and what a step counts does not leave a Parallel or Map: make [${looped.name}] a process of its own`,
    );
  }
  const map = inside.findLast((around) => around.state.Type === 'Map');
  const item = map?.state.ItemSelector?.['item.$'];
  if (map && (typeof item !== 'string' || !item.includes('$$.Map.Item.Index'))) {
    refuse(
      `Map [${map.name}] around it must number its items: "ItemSelector": { "processData.$": "$.processData", "item.$": "$$.Map.Item.Index" }`,
    );
  }
}
