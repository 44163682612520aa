#!/usr/bin/env node
/**
 * The command `process-facade`: serves an app on this machine, starts and follows processes, and
 * helps to operate a deployed facade.
 */
import { Command, Option } from 'commander';
import { toPort } from './arguments.ts';
import { parseCommandLine } from './command-line.ts';
import { COMMAND, EXAMPLE_START, QUIET_COMMAND } from './command-names.ts';
import type { DevOptions } from './dev.ts';
import { EXAMPLE_ID, outputsOption, PROCESS_COMMANDS } from './process.ts';
import type { RedeliverOptions } from './redeliver.ts';
import type { StackOutputsOptions } from './stack-outputs.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`process-facade needs Node 22.18 or newer, and this is ${process.version}.`);
  process.exit(1);
}

const program = new Command(COMMAND)
  .description(
    'Serves a facade locally, starts and follows processes, and operates a deployed facade.\nResults are JSON on stdout. Progress and messages go to stderr.',
  )
  .addHelpText(
    'after',
    `
Examples:
  ${COMMAND} ${EXAMPLE_START} --watch
  ${QUIET_COMMAND} state ${EXAMPLE_ID} | jq -r .status
  ${COMMAND} help start
${COMMAND === QUIET_COMMAND ? '' : '\nnpm prints a heading on stdout; with -s it does not.'}
The exit code is 0 for success, 1 for a mistake or a process that did not succeed, and 130 after Ctrl-C.`,
  );

program
  .command('init')
  .description(
    'make a small app in an empty folder: a CDK app, a process with two steps, a test and a client',
  )
  .argument('[folder]', 'the folder, which is made if it is missing; its name becomes that of the app', '.')
  .action(async (folder: string) => {
    const { init } = await import('./init.ts');
    init(folder);
  });

program
  .command('dev')
  .description('serve an app on this machine, without an account or Docker; for development and tests')
  .requiredOption('--app <file>', 'the CDK app to serve, in JavaScript or TypeScript')
  .addOption(
    new Option('--port <number>', 'the port to listen on; 0 picks a free one')
      .env('PORT')
      .argParser(toPort)
      .default(4_000),
  )
  .addOption(
    new Option('--data-dir <folder>', 'where data is stored').env('LOCAL_DATA_DIR').default('.local/data'),
  )
  .option('--outputs <file>', 'where to write the outputs that clients need', '.local/outputs.json')
  .option(
    '--faults <list>',
    'the faults to inject: all, or a list such as seed=7,dropEvent=0.1 (see local/SUPPORT.md)',
  )
  .option('--verbose', "print the functions' logs", false)
  .option('--json', 'print the outputs as JSON on stdout when the facade is ready', false)
  .action(async (options: DevOptions) => {
    const { dev } = await import('./dev.ts');
    await dev(options);
  });

for (const command of PROCESS_COMMANDS) program.addCommand(command);

program
  .command('redeliver')
  .description(
    'invoke the status recorder again with the events in the dead-letter queue; events that fail again stay there',
  )
  .addOption(outputsOption())
  .option('--json', 'print the counts as JSON', false)
  .addHelpText('after', '\nIt uses the credentials of your AWS configuration.')
  .action(async (options: RedeliverOptions) => {
    const { redeliver } = await import('./redeliver.ts');
    await redeliver(options);
  });

program
  .command('outputs')
  .description(
    "write a deployed facade's outputs.json, which all other commands read, and outputs.operator.json",
  )
  .option('--stack <name>', 'the stack', 'ProcessFacade')
  .option('--facade <name>', 'the facade, if the stack has several')
  .option('--out <file>', 'where to write what clients may see', 'outputs.json')
  .option('--json', 'also print what clients may see, as JSON', false)
  .addHelpText('after', '\nIt uses the credentials and the region of your AWS configuration.')
  .action(async (options: StackOutputsOptions) => {
    const { writeStackOutputs } = await import('./stack-outputs.ts');
    await writeStackOutputs(options);
  });

await parseCommandLine(program);
