/**
 * What all commands of the project do alike: they say where npm has taken an option for itself, and
 * show no stack trace for what their user can mend.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';

/**
 * Parses the command line. Options that come before `--` reach npm and not the script; the script
 * would run with other settings than its user asked for, so that is an error that says what to
 * type. npm leaves such options in the environment: `npm_config_<name>`.
 *
 * @see https://docs.npmjs.com/cli/v11/commands/npm-run#description
 */
export async function parseCommandLine(program: Command): Promise<void> {
  const taken = optionsTakenByNpm(program, process.env);
  if (taken.length > 0) {
    program.error(
      `error: npm has taken ${taken.join(', ')} for itself. Put -- in front of the options: ${program.name()} ${taken.join(' ')} …`,
    );
  }
  await program.parseAsync();
}

function optionsTakenByNpm(program: Command, environment: NodeJS.ProcessEnv): string[] {
  if (environment.npm_lifecycle_event === undefined) return [];
  const flags = [program, ...program.commands].flatMap(({ options }) => options.map(({ long }) => long));
  const isTaken = (flag: string | null | undefined): flag is string =>
    typeof flag === 'string' && environment[`npm_config_${flag.slice(2).replaceAll('-', '_')}`] !== undefined;
  return [...new Set(flags.filter(isTaken))];
}

/**
 * The line for an error of the system, such as a folder that cannot be written: it names what was
 * tried and where. Undefined for any other error.
 */
export function systemErrorLine(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error ? error.message : undefined;
}

/**
 * A folder that is removed when this process exits. Where none can be made, ends the process with a
 * line that says why.
 */
export function makeTemporaryFolder(name: string): string {
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), name));
  } catch (error) {
    console.error(`Cannot make a temporary folder: ${(error as Error).message}. TMPDIR names where they go`);
    return process.exit(1);
  }
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
