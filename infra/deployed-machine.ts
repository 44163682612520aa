/**
 * Makes the machine that is deployed from the one that its author wrote: every step gets its event,
 * and a Retry.
 *
 * What identifies a document comes from the context object and from variables, because states can
 * change everything that travels between them. A Map tells its items their index by a Pass state in
 * front of them. docs/step-identity.md has the reasons.
 */
import { stepKeyExpression } from '../core/keys.ts';
import { type Machine, type State, statesOf, stepNameOf } from './task-states.ts';

/** Name of the substitution for the bucket's name in a deployed machine. No step may have it. */
export const BUCKET = 'bucket';

/** Prefix of the variables with the indexes of Map items. Authors cannot assign them. */
export const ITEM_VARIABLE = 'facadeItem';

const PROCESS_DATA = '$$.Execution.Input.processData';
const ENTERED_AT = '$$.State.EnteredTime';

/**
 * Errors that another attempt can resolve: a document that is not written yet, failures of Lambda,
 * and those of S3 that outlast the attempts of its client.
 *
 * https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const TRANSIENT = [
  'ProcessDataNotReady',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Sandbox.Timedout',
  'InternalError',
  'SlowDown',
];

const BACKOFF = { IntervalSeconds: 1, MaxAttempts: 5, BackoffRate: 2, MaxDelaySeconds: 10 };

/** Returns the machine to deploy. `starters` are the steps that start other processes. */
export function deployedMachine(machine: Machine, starters: ReadonlySet<string>): Machine {
  const loops = new Map(statesOf(machine).map((placed) => [placed.name, placed.loops]));
  const withEvents = (part: Machine, maps: number): Machine => ({
    ...part,
    States: Object.fromEntries(
      Object.entries(part.States ?? {}).map(([name, state]) => [name, deployedState(name, state, maps)]),
    ),
  });
  function deployedState(name: string, state: State, maps: number): State {
    switch (state.Type) {
      case 'Task':
        return { ...state, Parameters: eventOf(name, state, maps), Retry: retryOf(name, state) };
      case 'Parallel':
        return { ...state, Branches: (state.Branches ?? []).map((branch) => withEvents(branch, maps)) };
      case 'Map':
        return withItems(name, state, (processor) => withEvents(processor, maps + 1), maps + 1);
      default:
        return state;
    }
  }
  function eventOf(name: string, { Parameters }: State, maps: number): object {
    const part = Array.from({ length: maps }, (_, index) => `$${ITEM_VARIABLE}${index + 1}`);
    if (loops.get(name)) part.push(ENTERED_AT);
    return {
      bucket: `\${${BUCKET}}`,
      'processData.$': PROCESS_DATA,
      'document.$': stepKeyExpression(PROCESS_DATA, stepNameOf(name), part),
      'attempt.$': '$$.State.RetryCount',
      ...(Parameters === undefined ? { 'state.$': '$' } : { state: Parameters }),
    };
  }
  function retryOf(name: string, { Retry = [] }: State): NonNullable<State['Retry']> {
    const own = Retry.flatMap(({ ErrorEquals = [] }) => ErrorEquals);
    // They match every error of the list.
    if (own.includes('States.ALL') || own.includes('States.TaskFailed')) return Retry;
    const starts = starters.has(stepNameOf(name)) ? ['DownstreamUnavailable'] : [];
    const left = [...TRANSIENT, ...starts].filter((error) => !own.includes(error));
    if (left.length === 0) return Retry;
    return [...Retry, { ErrorEquals: left, ...BACKOFF }];
  }
  return withEvents(machine, 0);
}

/** Returns the name of the state that a Map's items begin with. */
export function itemStateOf(map: string): string {
  return `Item of ${map}`;
}

/** Gives the states inside a Map the index of their item. A Map without steps stays as it is. */
function withItems(
  name: string,
  map: State,
  deployed: (processor: Machine) => Machine,
  depth: number,
): State {
  const { Parameters, ItemSelector = Parameters, ItemProcessor, Iterator, ...rest } = map;
  const processor = ItemProcessor ?? Iterator;
  if (!processor || statesOf(processor).every(({ state }) => state.Type !== 'Task')) return map;
  const { StartAt, States, ...config } = deployed(processor);
  const item = {
    Type: 'Pass',
    Assign: { [`${ITEM_VARIABLE}${depth}.$`]: '$.index' },
    OutputPath: '$.item',
    Next: StartAt ?? '',
  };
  return {
    ...rest,
    ItemSelector: {
      'index.$': '$$.Map.Item.Index',
      ...(ItemSelector === undefined ? { 'item.$': '$$.Map.Item.Value' } : { item: ItemSelector }),
    },
    ItemProcessor: {
      ...config,
      StartAt: itemStateOf(name),
      States: { [itemStateOf(name)]: item, ...States },
    },
  };
}
