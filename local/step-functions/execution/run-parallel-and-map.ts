import type { JsonValue } from '../../common/json.ts';
import { effectiveInput, limitData, taskInput } from '../states-language/data-flow.ts';
import { evaluateExpression, fillTemplate } from '../states-language/payload-template.ts';
import { parsePath, type Scope } from '../states-language/reference-path.ts';
import { runtimeFailure } from '../states-language/state-failure.ts';
import type { MapState, ParallelState } from '../states-language/state-machine.ts';
import { innerMachines } from '../states-language/unsupported.ts';
import type { Branch } from './run.ts';
import { runChildren } from './run-children.ts';
import type { StateEnd } from './run-states.ts';

/**
 * Runs all branches of a Parallel concurrently, each with the same input.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
 */
export function runParallel(branch: Branch, state: ParallelState): Promise<StateEnd> {
  return runChildren(branch, state, async (bindings) => {
    const input = await taskInput(state, branch.frame.input, bindings);
    limitData(input, branch.frame.stateName);
    return {
      count: state.Branches.length,
      machineOf: (index) => {
        const branch = state.Branches[index];
        if (!branch) throw runtimeFailure(`The branch ${index} is not in the definition.`);
        return branch;
      },
      inputOf: async () => input,
      maxConcurrency: state.Branches.length,
      started: { type: 'ParallelStateStarted' },
      succeeded: { type: 'ParallelStateSucceeded' },
    };
  });
}

/**
 * The number of concurrent iterations of an inline Map, unless MaxConcurrency is lower.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
 */
const MAX_CONCURRENCY = 40;

/**
 * Runs the states of an inline Map for each item.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html
 */
export function runMap(branch: Branch, state: MapState): Promise<StateEnd> {
  const { stateName: name } = branch.frame;
  return runChildren(branch, state, async (bindings) => {
    const scope = { ...bindings, data: effectiveInput(state, branch.frame.input, bindings) };
    const items = await itemsOf(state, scope);
    const [machine] = innerMachines(state);
    if (!machine) throw runtimeFailure(`The Map state '${name}' has no ItemProcessor.`);
    return {
      count: items.length,
      machineOf: () => machine,
      inputOf: async (index) => {
        const input = await iterationInput(state, items, index, scope);
        limitData(input, name);
        return input;
      },
      maxConcurrency: await concurrencyOf(state, scope),
      started: { type: 'MapStateStarted', details: { length: items.length } },
      event: (what, index) => ({ type: `MapIteration${what}`, details: { name, index } }),
      succeeded: { type: 'MapStateSucceeded' },
    };
  });
}

async function itemsOf({ ItemsPath = '$' }: MapState, scope: Scope): Promise<JsonValue[]> {
  const items = await evaluateExpression(ItemsPath, 'ItemsPath', scope);
  if (Array.isArray(items)) return items;
  throw runtimeFailure(`Reference path "${ItemsPath}" must point to array.`);
}

async function iterationInput(
  { ItemSelector, Parameters }: MapState,
  items: JsonValue[],
  index: number,
  scope: Scope,
): Promise<JsonValue> {
  const item = items[index] ?? null;
  const template = ItemSelector ?? Parameters;
  if (template === undefined) return item;
  return fillTemplate(template, {
    ...scope,
    context: { ...scope.context, Map: { Item: { Index: index, Value: item } } },
  });
}

async function concurrencyOf(
  { MaxConcurrency = 0, MaxConcurrencyPath }: MapState,
  scope: Scope,
): Promise<number> {
  const found = MaxConcurrencyPath
    ? await evaluateExpression(MaxConcurrencyPath, 'MaxConcurrencyPath', scope)
    : MaxConcurrency;
  // A variable may hold the number as a text.
  const isText = typeof found === 'string' && parsePath(MaxConcurrencyPath ?? '')?.root === 'variables';
  const limit = isText && /^\d+$/.test(found) ? Number(found) : found;
  if (!Number.isInteger(limit) || Number(limit) < 0) {
    throw runtimeFailure(
      `The MaxConcurrencyPath '${MaxConcurrencyPath}' must lead to a whole number from 0.`,
    );
  }
  return Math.min(Number(limit) || MAX_CONCURRENCY, MAX_CONCURRENCY);
}
