import { createProcessClient, type ProcessClient } from '../client/index.ts';
import { CommandError, explainFailure } from './failures.ts';
import { readOutputs } from './outputs.ts';

/**
 * Runs `work` with a client of the facade in the outputs, and prints its result as JSON on stdout.
 * A failure is explained on stderr and sets the exit code.
 */
export async function runCommand(
  options: { outputs?: string },
  work: (client: ProcessClient) => Promise<unknown>,
): Promise<void> {
  process.stdout.on('error', onOutputError);
  // If stderr is closed, there is nowhere left to report to.
  process.stderr.on('error', () => {});
  try {
    using client = createProcessClient(readOutputs(options.outputs));
    printResult(await work(client));
  } catch (error) {
    fail(error);
  }
}

/** Prints a value as JSON on stdout. */
export function printResult(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A reader such as `head` closes the pipe early, which is not a failure. */
function onOutputError(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'EPIPE')
    fail(new CommandError(`Could not write the result: ${cause.message}`, { cause }));
}

function fail(error: unknown): void {
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
  console.error(explainFailure(error)?.join('\n') ?? error);
}
