import { type ProcessClient, ProcessEndedError, type ProcessState } from '../client/index.ts';
import { type FollowOptions, follow } from './follow.ts';
import { printResult } from './run-command.ts';

/**
 * The last state of a process. For another end than SUCCEEDED prints it, then throws
 * `ProcessEndedError`.
 */
export function wait(
  client: ProcessClient,
  processId: string,
  options: FollowOptions,
): Promise<ProcessState> {
  return follow({ processId, command: 'wait', started: true }, options, async (signal) => {
    // To wait is to go on through every outage: whether the facade can be reached at all is seen
    // here.
    await client.get(processId, { signal });
    try {
      return await client.wait(processId, { via: options.via, signal });
    } catch (error) {
      if (error instanceof ProcessEndedError) printResult(error.state);
      throw error;
    }
  });
}
