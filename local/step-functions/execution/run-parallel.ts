import { limitData, taskInput } from '../states-language/data-flow.ts';
import { runtimeFailure } from '../states-language/state-failure.ts';
import type { ParallelState } from '../states-language/state-machine.ts';
import type { Line } from './run.ts';
import { runChildren } from './run-children.ts';
import type { StateEnd } from './run-states.ts';

/**
 * Runs the branches of a Parallel, all at once and each with the same input.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
 */
export function runParallel(line: Line, state: ParallelState): Promise<StateEnd> {
  return runChildren(line, state, async (context) => {
    const input = await taskInput(state, line.frame.input, context);
    limitData(input, line.frame.stateName);
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
