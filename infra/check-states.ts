/** Rejects what a machine's states cannot do in a facade, by name and with the remedy. */
import { INPUT } from '../core/documents.ts';
import { isStepName } from '../core/keys.ts';
import { BUCKET, ITEM_VARIABLE, itemStateOf } from './deployed-machine.ts';
import { InvalidDefinition } from './errors.ts';
import { type Machine, type PlacedState, type State, statesOf, stepNameOf } from './task-states.ts';

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StateExitedEventDetails.html */
const MAX_STATE_NAME = 80;
const DISTRIBUTED = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label'];
const MAP_ITEM = /\$\$(\.|\[['"])Map\b/;

/** Throws {@link InvalidDefinition} for the first problem. */
export function checkStates(definition: string, machine: Machine): void {
  const reject = (problem: string): never => {
    throw new InvalidDefinition(definition, problem);
  };
  if (isOtherLanguage(machine)) {
    reject(
      `Expected "QueryLanguage": "JSONPath", got ${JSON.stringify(machine.QueryLanguage)}: write the machine in JSONPath`,
    );
  }
  const states = statesOf(machine);
  for (const placed of states) {
    const problem = problemOf(placed);
    if (problem) reject(`${placed.state.Type ?? 'State'} [${placed.name}]: ${problem}`);
  }
  const names = states.map(({ name }) => name);
  const twice = repeated(names);
  if (twice !== undefined) reject(`Two states are called [${twice}]: rename one`);
  const added = names.find((name) => names.includes(itemStateOf(name)));
  if (added !== undefined)
    reject(
      `State [${itemStateOf(added)}]: The construct adds a state of this name to [${added}]: rename one`,
    );
  const step = repeated(
    states.filter(({ state }) => state.Type === 'Task').map(({ name }) => stepNameOf(name)),
  );
  if (step !== undefined) reject(`Two Task states have the step [${step}]: rename one`);
}

function problemOf({ name, state }: PlacedState): string | undefined {
  if (isOtherLanguage(state)) return 'It is in JSONata, which no step can be in: write it in JSONPath';
  const assigned = [state, ...(state.Choices ?? []), ...(state.Catch ?? [])].flatMap(({ Assign }) =>
    Object.keys(Assign ?? {}),
  );
  const reserved = assigned.find((variable) => variable.startsWith(ITEM_VARIABLE));
  if (reserved !== undefined)
    return `Variables that begin with ${ITEM_VARIABLE} are reserved: rename [${reserved}]`;
  if (readsMapItem(state)) {
    return 'Only a Map can read $$.Map.Item, in its ItemSelector: add it there, and read it from the state';
  }
  if (state.Type === 'Map') return problemOfMap(name, state);
  if (state.Type === 'Task') return problemOfTask(name, state);
  return undefined;
}

function problemOfTask(name: string, { Resource }: State): string | undefined {
  const step = stepNameOf(name);
  if (!isStepName(step) || [INPUT, BUCKET].includes(step)) {
    return `Expected a name of at most 80 letters, digits, - and _ that begins with a letter and is neither "${INPUT}" nor "${BUCKET}", got [${step}]`;
  }
  if (Resource === `\${${step}}`) return undefined;
  return `Expected "Resource": "\${${step}}", got ${JSON.stringify(Resource)}: call other services in a step`;
}

function problemOfMap(name: string, state: State): string | undefined {
  const isDistributed =
    DISTRIBUTED.some((field) => field in state) ||
    (state.ItemProcessor ?? state.Iterator)?.ProcessorConfig?.Mode === 'DISTRIBUTED';
  if (isDistributed) {
    return 'It is distributed: its items are executions without the key of the process. Use an inline Map, or start a process for each item in a step';
  }
  const tooLong = itemStateOf(name).length - MAX_STATE_NAME;
  if (tooLong > 0)
    return `Expected a name of at most ${MAX_STATE_NAME - itemStateOf('').length} characters, got ${name.length}`;
  return undefined;
}

function isOtherLanguage({ QueryLanguage = 'JSONPath' }: Machine | State): boolean {
  return QueryLanguage !== 'JSONPath';
}

/** Returns whether a path of the state, without those of inner states, reads the item of a Map. */
function readsMapItem({ Branches: _, Iterator: __, ItemProcessor: ___, ...state }: State): boolean {
  const { ItemSelector: ____, Parameters, ...rest } = state;
  const reads = (value: unknown, field: string): boolean => {
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).some(([name, member]) => reads(member, name));
    }
    const isPath = field.endsWith('.$') || field.endsWith('Path') || field === 'Variable';
    return isPath && typeof value === 'string' && MAP_ITEM.test(value);
  };
  return reads(state.Type === 'Map' ? rest : { ...rest, Parameters }, '');
}

function repeated(names: string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}
