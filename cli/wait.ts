import { type ProcessClient, ProcessEndedError, type ProcessState } from '../client/index.ts';
import { type FollowOptions, follow } from './follow.ts';
import { printResult } from './run-command.ts';

/**
 * Waits until a process ends and returns its final state. If it did not succeed, prints the state
 * and throws `ProcessEndedError`.
 */
export function wait(
  client: ProcessClient,
  processId: string,
  options: FollowOptions,
): Promise<ProcessState> {
  return follow({ processId, command: 'wait', started: true }, options, async (signal) => {
    // The wait below survives outages. This call fails if the facade cannot be reached at all.
    await client.get(processId, { signal });
    try {
      return await client.wait(processId, { via: options.via, signal });
    } catch (error) {
      if (error instanceof ProcessEndedError) printResult(error.state);
      throw error;
    }
  });
}
