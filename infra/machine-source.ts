/** Reads the machine of a definition: a file, states of the CDK, or one step. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { parseDocument } from 'yaml';
import { InvalidDefinition } from './errors.ts';
import { StepState, type StepStateProps } from './step-state.ts';
import type { Machine } from './task-states.ts';

/** Returns the first state of a machine. `step` creates the Task state of a step. */
export type MachineStates = (
  step: (stateName: string, props?: StepStateProps) => StepState,
) => sfn.IChainable;

const JSON_FILE = 'machine.asl.json';
const FILES = [JSON_FILE, 'machine.asl.yaml', 'machine.asl.yml'];
const STEP_FILE = /^(?<step>[A-Z][A-Za-z0-9_-]*)\.ts$/;

/** A machine as its author wrote it. */
export type MachineSource = {
  machine: Machine;
  /** What messages call it: the file, or the prop. */
  place: string;
};

/**
 * Returns the machine. Throws {@link InvalidDefinition} without exactly one machine, and for a
 * syntax error.
 */
export function readMachine(
  definition: string,
  props: { folder: string; machine?: MachineStates },
  scope: Construct,
): MachineSource {
  const files = FILES.filter((file) => existsSync(join(props.folder, file)));
  const sources = [...(props.machine ? ['the prop `machine`'] : []), ...files];
  if (sources.length > 1)
    throw new InvalidDefinition(definition, `Expected one machine, got ${sources.join(' and ')}: remove one`);
  if (props.machine)
    return { place: '`machine`', machine: machineOfStates(definition, props.machine, scope) };
  const [file] = files.map((name) => join(props.folder, name));
  if (file === undefined)
    return { place: 'its only step', machine: machineOfOneStep(definition, props.folder) };
  return { place: file, machine: parse(definition, file, readFileSync(file, 'utf8')) };
}

function parse(definition: string, file: string, text: string): Machine {
  const reject = (problem: string): never => {
    throw new InvalidDefinition(definition, `${file} ${problem}`);
  };
  let machine: unknown;
  if (file.endsWith('.json')) {
    try {
      machine = JSON.parse(text);
    } catch (error) {
      reject(`is not valid JSON: ${(error as Error).message}`);
    }
  } else {
    const document = parseDocument(text);
    const [problem] = [...document.errors, ...document.warnings];
    // Its message ends in an excerpt of several lines.
    if (problem) reject(`is not valid YAML: ${problem.message.split('\n')[0]?.replace(/:$/, '')}`);
    try {
      machine = document.toJS();
    } catch (error) {
      reject(`is not valid YAML: ${(error as Error).message}`);
    }
  }
  if (typeof machine !== 'object' || machine === null || Array.isArray(machine)) {
    reject('must be an object with StartAt and States');
  }
  return machine as Machine;
}

/** A folder without a machine is a definition of the one step in it. */
function machineOfOneStep(definition: string, folder: string): Machine {
  const steps = (existsSync(folder) ? readdirSync(folder) : []).flatMap(
    (file) => STEP_FILE.exec(file)?.groups?.step ?? [],
  );
  const [step] = steps;
  if (step === undefined || steps.length > 1) {
    throw new InvalidDefinition(
      definition,
      `Expected ${JSON_FILE} or machine.asl.yaml in ${folder}, or one step alone, got ${steps.length === 0 ? 'none' : `the steps [${steps.sort().join(', ')}]`}: write the machine`,
    );
  }
  return { StartAt: step, States: { [step]: { Type: 'Task', Resource: `\${${step}}`, End: true } } };
}

/** The states are constructs, so that they may refer to other constructs and to each other. */
function machineOfStates(definition: string, states: MachineStates, scope: Construct): Machine {
  const container = new Construct(scope, `States of ${definition}`);
  const first = states((stateName, props) => new StepState(container, stateName, props));
  if (typeof first?.startState !== 'object') {
    throw new InvalidDefinition(definition, 'Expected `machine` to return a state or a chain of states');
  }
  const graph = new sfn.StateGraph(first.startState, `machine of definition [${definition}]`);
  return graph.toGraphJson() as Machine;
}
