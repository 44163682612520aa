/**
 * The commands that start, follow and control processes, and read their data. Results are JSON on
 * stdout; progress and messages go to stderr.
 */
import { Argument, Command, Option } from 'commander';
import type { ProcessData, ProcessDocument } from '../client/index.ts';
import { toProcessId, toTimeoutSeconds } from './arguments.ts';
import { COMMAND, EXAMPLE_START, EXAMPLE_STEP, QUIET_COMMAND } from './command-names.ts';
import { type DefinitionsOptions, definitions } from './definitions.ts';
import type { FollowOptions } from './follow.ts';
import { history } from './history.ts';
import { runCommand } from './run-command.ts';
import { type StartOptions, start } from './start.ts';
import { wait } from './wait.ts';
import { watch } from './watch.ts';

type OutputsOption = { outputs?: string };

/** The processId in the examples of the help. */
export const EXAMPLE_ID = '7d1a3c5e-018f-4c3b-9e55-0b6f2a4d8c11';

const processId = new Argument('<processId>', 'the id that `start` printed').argParser(toProcessId);
const outputs = outputsOption();
const via = new Option('--via <way>', 'how to receive updates (default: auto)').choices([
  'auto',
  'subscription',
  'polling',
]);
const timeout = new Option('--timeout <seconds>', 'exit after this time; the process continues').argParser(
  toTimeoutSeconds,
);

/** Returns the option that names the outputs file of a facade. */
export function outputsOption(): Option {
  return new Option(
    '--outputs <file>',
    "the facade's outputs (default: .local/outputs.json if it exists, else outputs.json)",
  );
}

/** Removes the URLs of documents: the contents are printed, and a URL is valid for minutes only. */
function withoutUrls({ input, steps, output, ...data }: ProcessData): object {
  const withoutUrl = ({ url: _, ...document }: ProcessDocument) => document;
  return {
    ...data,
    input: withoutUrl(input),
    steps: steps.map(withoutUrl),
    output: output && withoutUrl(output),
  };
}

/** The commands in the order of the help. */
export const PROCESS_COMMANDS: readonly Command[] = [
  new Command('start')
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
  ${COMMAND} ${EXAMPLE_START} --watch
  ${QUIET_COMMAND} ${EXAMPLE_START} | jq -r .processId

A start is safe to repeat: the same --id, definition and input return the same process.`,
    )
    .action((definition: string, options: StartOptions) =>
      runCommand(options, (client) => start(client, definition, options)),
    ),
  new Command('state')
    .description('print the current state of a process')
    .addArgument(processId)
    .addOption(outputs)
    .action((id: string, options: OutputsOption) => runCommand(options, (client) => client.get(id))),
  new Command('data')
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
  ${QUIET_COMMAND} data ${EXAMPLE_ID} | jq .output.content
  ${QUIET_COMMAND} data ${EXAMPLE_ID} --step ${EXAMPLE_STEP} | jq '.steps[0].content'`,
    )
    .action((id: string, options: OutputsOption & { step?: string[] }) =>
      runCommand(options, async (client) => withoutUrls(await client.data(id, { steps: options.step }))),
    ),
  new Command('wait')
    .description('wait until a process ends, and print its final state')
    .addArgument(processId)
    .addOption(via)
    .addOption(timeout)
    .addOption(outputs)
    .addHelpText(
      'after',
      `
Example:
  ${COMMAND} wait ${EXAMPLE_ID} --timeout 60 && echo 'It succeeded.'`,
    )
    .action((id: string, options: FollowOptions) =>
      runCommand(options, (client) => wait(client, id, options)),
    ),
  new Command('watch')
    .description('show the progress of a process, and print its output when it has succeeded')
    .addArgument(processId)
    .addOption(via)
    .addOption(timeout)
    .addOption(outputs)
    .addHelpText(
      'after',
      `
Example:
  ${QUIET_COMMAND} watch ${EXAMPLE_ID} > output.json`,
    )
    .action((id: string, options: FollowOptions) =>
      runCommand(options, (client) => watch(client, id, options)),
    ),
  new Command('stop')
    .description('stop a running process, and print its state (ABORTED)')
    .addArgument(processId)
    .option('--reason <text>', 'stored as the cause of the stopped process')
    .addOption(outputs)
    .addHelpText(
      'after',
      `
Example:
  ${COMMAND} stop ${EXAMPLE_ID} --reason 'ordered twice'`,
    )
    .action((id: string, options: OutputsOption & { reason?: string }) =>
      runCommand(options, (client) => client.stop(id, { reason: options.reason })),
    ),
  new Command('redrive')
    .description('continue a process that did not succeed from the step that failed, and print its state')
    .addArgument(processId)
    .addOption(outputs)
    .addHelpText(
      'after',
      `
Example:
  ${COMMAND} redrive ${EXAMPLE_ID} && ${COMMAND} watch ${EXAMPLE_ID}`,
    )
    .action((id: string, options: OutputsOption) => runCommand(options, (client) => client.redrive(id))),
  new Command('history')
    .description('print the events of a process, oldest first')
    .addArgument(processId)
    .addOption(outputs)
    .addHelpText(
      'after',
      `
Example:
  ${QUIET_COMMAND} history ${EXAMPLE_ID} | jq -r '.[] | "\\(.at) \\(.type) \\(.state // "")"'`,
    )
    .action((id: string, options: OutputsOption) => runCommand(options, (client) => history(client, id))),
  new Command('definitions')
    .description('print the definitions: name, description, steps, and the JSON Schema of the input')
    .option('--deployed', 'also print each machine as it is deployed, with what the construct added', false)
    .addOption(outputs)
    .addHelpText(
      'after',
      `
Examples:
  ${QUIET_COMMAND} definitions | jq -r '.[].name'
  ${QUIET_COMMAND} definitions --deployed | jq '.[0].machine.States'

--deployed uses the credentials of your AWS configuration, which need states:DescribeStateMachine.`,
    )
    .action((options: DefinitionsOptions) => runCommand(options, (client) => definitions(client, options))),
];
