import { createProcessClient, type ProcessClient } from '../client/index.ts';
import { CommandError, explainFailure } from './failures.ts';
import { readOutputs } from './outputs.ts';

/**
 * Does a command's work with a client of the facade that the outputs name, and prints its result as
 * JSON on stdout. A failure is explained on stderr and sets the exit code.
 */
export async function runCommand(
  options: { outputs?: string },
  work: (client: ProcessClient) => Promise<unknown>,
): Promise<void> {
  process.stdout.on('error', onOutputError);
  // Where messages can go nowhere, nobody can be told of it.
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

/** A reader that has seen enough, such as `head`, closes the pipe: that is no failure. */
function onOutputError(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'EPIPE') fail(new CommandError(`Cannot write the result: ${cause.message}`, { cause }));
}

function fail(error: unknown): void {
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
  console.error(explainFailure(error)?.join('\n') ?? error);
}
