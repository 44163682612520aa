/**
 * `npm run process -- …`: starts, follows and controls processes from a terminal or a script, and
 * reads their data. Results are JSON on stdout; progress and messages go to stderr.
 */
import { Argument, Command, Option } from 'commander';
import { toProcessId, toTimeoutSeconds } from './arguments.ts';
import { parseCommandLine } from './command-line.ts';
import type { FollowOptions } from './follow.ts';
import { history } from './history.ts';
import { runCommand } from './run-command.ts';
import { type StartOptions, start } from './start.ts';
import { wait } from './wait.ts';
import { watch } from './watch.ts';

type OutputsOption = { outputs?: string };

const EXAMPLE_ID = '7d1a3c5e-018f-4c3b-9e55-0b6f2a4d8c11';

const processId = new Argument('<processId>', 'the id that `start` printed').argParser(toProcessId);
const outputs = new Option(
  '--outputs <file>',
  "the facade's outputs (default: .local/outputs.json if it exists, else outputs.json)",
);
const via = new Option('--via <way>', 'how to receive updates (default: auto)').choices([
  'auto',
  'subscription',
  'polling',
]);
const timeout = new Option('--timeout <seconds>', 'exit after this time; the process continues').argParser(
  toTimeoutSeconds,
);

const program = new Command('npm run process --')
  .description(
    'Starts, follows and controls processes, and reads their data. Results are JSON on stdout; everything else goes to stderr.',
  )
  .addHelpText(
    'after',
    `
Examples:
  npm run process -- start order --input examples/order.json --watch
  npm run -s process -- state ${EXAMPLE_ID} | jq -r .status
  npm run process -- help start

npm prints a header on stdout, unless it runs with -s. The exit code is 0 for success, 1 for an error or for a process
that did not succeed, and 130 after Ctrl-C.`,
  );

program
  .command('start')
  .description('start a process and print its state; with --watch, follow it and print its output')
  .argument('<definition>', 'the definition to start: see `definitions`')
  .requiredOption('--input <file>', 'a file with the input as JSON; - reads stdin')
  .addOption(new Option('--id <uuid>', 'the processId (default: a new UUID)').argParser(toProcessId))
  .option('--watch', 'show progress, and print the output when the process has succeeded')
  .addOption(via)
  .addOption(timeout)
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Examples:
  npm run process -- start order --input examples/order.json --watch
  npm run -s process -- start order --input - < examples/order.json | jq -r .processId

A start is safe to repeat: the same --id, definition and input return the same process.`,
  )
  .action((definition: string, options: StartOptions) =>
    runCommand(options, (client) => start(client, definition, options)),
  );

program
  .command('state')
  .description('print the current state of a process')
  .addArgument(processId)
  .addOption(outputs)
  .action((id: string, options: OutputsOption) => runCommand(options, (client) => client.get(id)));

program
  .command('data')
  .description(
    'print the documents of a process: its input, the documents of its steps so far, and its output',
  )
  .addArgument(processId)
  .option('--step <name...>', 'only the documents of these steps')
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Examples:
  npm run -s process -- data ${EXAMPLE_ID} | jq .output.content
  npm run -s process -- data ${EXAMPLE_ID} --step PriceOrder | jq '.steps[0].content'`,
  )
  .action((id: string, options: OutputsOption & { step?: string[] }) =>
    runCommand(options, (client) => client.data(id, { steps: options.step })),
  );

program
  .command('wait')
  .description('wait until a process ends, and print its final state')
  .addArgument(processId)
  .addOption(via)
  .addOption(timeout)
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Example:
  npm run process -- wait ${EXAMPLE_ID} --timeout 60 && echo 'It succeeded.'`,
  )
  .action((id: string, options: FollowOptions) => runCommand(options, (client) => wait(client, id, options)));

program
  .command('watch')
  .description('show the progress of a process, and print its output when it has succeeded')
  .addArgument(processId)
  .addOption(via)
  .addOption(timeout)
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Example:
  npm run -s process -- watch ${EXAMPLE_ID} > output.json`,
  )
  .action((id: string, options: FollowOptions) =>
    runCommand(options, (client) => watch(client, id, options)),
  );

program
  .command('stop')
  .description('stop a running process, and print its state (ABORTED)')
  .addArgument(processId)
  .option('--reason <text>', 'stored as the cause of the stopped process')
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Example:
  npm run process -- stop ${EXAMPLE_ID} --reason 'ordered twice'`,
  )
  .action((id: string, options: OutputsOption & { reason?: string }) =>
    runCommand(options, (client) => client.stop(id, { reason: options.reason })),
  );

program
  .command('redrive')
  .description('continue a process that did not succeed from the step that failed, and print its state')
  .addArgument(processId)
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Example:
  npm run process -- redrive ${EXAMPLE_ID} && npm run process -- watch ${EXAMPLE_ID}`,
  )
  .action((id: string, options: OutputsOption) => runCommand(options, (client) => client.redrive(id)));

program
  .command('history')
  .description('print the events of a process, oldest first')
  .addArgument(processId)
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Example:
  npm run -s process -- history ${EXAMPLE_ID} | jq -r '.[] | "\\(.at) \\(.type) \\(.state // "")"'`,
  )
  .action((id: string, options: OutputsOption) => runCommand(options, (client) => history(client, id)));

program
  .command('definitions')
  .description('print the definitions: name, description, steps, and the JSON Schema of the input')
  .addOption(outputs)
  .addHelpText(
    'after',
    `
Example:
  npm run -s process -- definitions | jq -r '.[].name'`,
  )
  .action((options: OutputsOption) =>
    runCommand(options, async (client) =>
      (await client.definitions()).map(({ machine: _, ...definition }) => definition),
    ),
  );

await parseCommandLine(program);
