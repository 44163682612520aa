/**
 * Shared by all commands of the project: they report options that npm consumed, and print one line
 * instead of a stack trace for mistakes that their user can fix.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';

/**
 * Parses the command line. Options before `--` reach npm instead of the script, which would then
 * run with other settings than requested. This is an error that shows the right command. npm leaves
 * such options in the environment: `npm_config_<name>`.
 *
 * @see https://docs.npmjs.com/cli/v11/commands/npm-run#description
 */
export async function parseCommandLine(program: Command): Promise<void> {
  const consumed = optionsConsumedByNpm(program, process.env);
  if (consumed.length > 0) {
    const script = process.env.npm_lifecycle_event;
    const typed = script === 'start' ? 'npm start --' : `npm run ${script} --`;
    program.error(
      `error: npm consumed ${consumed.join(', ')}. Put -- before the options: ${typed} ${consumed.join(' ')} …`,
    );
  }
  await program.parseAsync();
}

function optionsConsumedByNpm(program: Command, environment: NodeJS.ProcessEnv): string[] {
  if (environment.npm_lifecycle_event === undefined) return [];
  const command = program.commands.find((each) => each.name() === process.argv[2]);
  const flags = [program, ...(command ? [command] : [])].flatMap(({ options }) =>
    options.map(({ long }) => long),
  );
  const isConsumed = (flag: string | null | undefined): flag is string =>
    typeof flag === 'string' && environment[`npm_config_${flag.slice(2).replaceAll('-', '_')}`] !== undefined;
  return [...new Set(flags.filter(isConsumed))];
}

/**
 * Returns one line for a system error, such as a folder that cannot be written, with the call and
 * the path. Returns undefined for any other error.
 */
export function systemErrorLine(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error ? error.message : undefined;
}

/**
 * Creates a folder that is removed when this process exits. If that fails, prints the reason and
 * exits with 1.
 */
export function makeTemporaryFolder(name: string): string {
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), name));
  } catch (error) {
    console.error(
      `Could not create a temporary folder: ${(error as Error).message}. Set TMPDIR to a writable folder`,
    );
    return process.exit(1);
  }
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
