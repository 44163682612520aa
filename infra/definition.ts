/**
 * Reads a definition: its machine, the schema of its input, and one `<StepName>.ts` for each Task
 * state.
 *
 * Mistakes that would fail in the middle of a process are rejected here, before a deployment.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import aslValidator from 'asl-validator';
import type { Construct } from 'constructs';
import type { Definition } from '../core/definitions.ts';
import { isDefinitionName } from '../core/keys.ts';
import { checkStates } from './check-states.ts';
import { InvalidDefinition } from './errors.ts';
import { readInputSchema } from './input-schema.ts';
import { type MachineStates, readMachine } from './machine-source.ts';
import { checkStepProps, type StepProps } from './step-props.ts';
import { type Machine, nextOf, statesOf, stepNameOf } from './task-states.ts';

/** A kind of process. */
export type DefinitionProps = {
  /**
   * The folder with a `<StepName>.ts` for each Task state: absolute, or relative to the file that
   * creates the facade. The machine is in it, too, as `machine.asl.json` or `machine.asl.yaml`; a
   * folder with one step needs none.
   */
  readonly folder: string;
  /**
   * The machine in states of the CDK, instead of a file. `step` creates the Task state of a step.
   * @default - the file in the folder
   * @example
   * machine: (step) => step('PriceOrder').next(step('ConfirmOrder'));
   */
  readonly machine?: MachineStates;
  /**
   * A Standard Schema that has a JSON Schema, such as zod's, for the input of a process.
   * @default - `input.schema.json` in the folder
   */
  readonly input?: StandardJSONSchemaV1;
  /**
   * The step whose document is the output of the process.
   * @default - the step at which the machine ends, if that is always the same
   */
  readonly outputStep?: string;
  /**
   * The definitions that each step may start downstream, by step name.
   * @default - none
   */
  readonly starts?: Readonly<Record<string, readonly string[]>>;
  /**
   * Settings of the steps' functions, by step name.
   * @default - the defaults of each
   */
  readonly steps?: Readonly<Record<string, StepProps>>;
};

/** A step to deploy. */
export type StepSource = {
  name: string;
  file: string;
  starts: readonly string[];
  props: StepProps;
};

/**
 * Returns the definition and the sources of its steps. Throws {@link InvalidDefinition}, which says
 * what is wrong and where.
 */
export function readDefinition(
  name: string,
  props: DefinitionProps,
  scope: Construct,
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
  const { machine, place } = readMachine(name, props, scope);
  const inputSchema = readInputSchema(name, props);
  checkLanguage(name, machine, place);
  checkStates(name, machine);
  const steps = statesOf(machine)
    .filter(({ state }) => state.Type === 'Task')
    .map((task) => stepNameOf(task.name));
  const fileOf = (step: string) => join(props.folder, `${step}.ts`);
  checkStepProps(name, steps, props.steps ?? {}, Object.keys(props.starts ?? {}));
  const stepProps = new Map(Object.entries(props.steps ?? {}));
  const ownSteps = steps.filter((step) => !stepProps.get(step)?.function);
  const missing = ownSteps.map(fileOf).find((file) => !existsSync(file));
  if (missing)
    throw new InvalidDefinition(name, `${missing} does not exist: write the step, or remove its Task state`);
  const outputStep = props.outputStep ?? onlyLastStep(machine);
  if (outputStep === undefined || !steps.includes(outputStep)) {
    throw new InvalidDefinition(
      name,
      `Expected outputStep to be one of [${steps.join(', ')}], got ${outputStep === undefined ? 'none, and the machine can end at several states' : `[${outputStep}]`}`,
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
      outputStep,
      starts,
    },
    steps: steps.map((step) => ({
      name: step,
      file: fileOf(step),
      starts: new Map(Object.entries(starts)).get(step) ?? [],
      props: stepProps.get(step) ?? {},
    })),
  };
}

/** Returns the step at which every path through the machine ends, but for Fail states. */
function onlyLastStep({ States = {} }: Machine): string | undefined {
  const isSucceed = (name: string) => States[name]?.Type === 'Succeed';
  const last = Object.entries(States).filter(
    ([, state]) => state.End === true || nextOf(state).some(isSucceed),
  );
  const [only] = last;
  return only?.[1].Type === 'Task' && last.length === 1 ? stepNameOf(only[0]) : undefined;
}

/** The validator takes states of these names for fields. */
const FIELD_NAMES = ['Branches', 'Default', 'Iterator', 'Next', 'StartAt', 'States'];

function checkLanguage(name: string, machine: Machine, place: string): void {
  const field = statesOf(machine).find((state) => FIELD_NAMES.includes(state.name));
  if (field) {
    throw new InvalidDefinition(
      name,
      `State [${field.name}]: A state cannot have the name of this field: rename the state`,
    );
  }

  // The validator requires ARNs where the file has the names of functions.
  const deployed = JSON.stringify(machine).replace(
    /"\$\{[A-Za-z0-9_-]+\}"/g,
    '"arn:aws:lambda:us-east-1:123456789012:function:step"',
  );
  const { isValid, errorsText } = aslValidator(JSON.parse(deployed), { checkArn: true, checkPaths: true });
  if (!isValid)
    throw new InvalidDefinition(name, `${place} is not a valid state machine: ${errorsText('; ')}`);
}
