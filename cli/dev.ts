/**
 * `npm start`: serves the facade locally, from the template that a deployment would use.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  claimOutputs,
  type LocalRuntime,
  type LogLine,
  type OutputsFiles,
  parseFaults,
  StartError,
  startLocal,
} from '../local/index.ts';
import { parseCommandLine, systemErrorLine } from './command-line.ts';

type Options = {
  app: string;
  port: number;
  dataDir: string;
  outputs: string;
  verbose: boolean;
  faults?: string;
};

/** The lines that Lambda logs for every invocation. */
const ROUTINE = /^(INIT_START|START|END|REPORT) /;

// As on Lambda.
process.env.TZ = 'UTC';

const program = new Command('npm start --')
  .description(
    'Serves a ProcessFacade app locally, without an AWS account or Docker. For development and tests.',
  )
  .option('--app <file>', 'the CDK app to serve', 'infra/app.ts')
  .addOption(
    new Option('--port <number>', 'the port to listen on, 0 for a free one')
      .env('PORT')
      .argParser(toPort)
      .default(4_000),
  )
  .addOption(
    new Option('--data-dir <folder>', 'where to store data').env('LOCAL_DATA_DIR').default('.local/data'),
  )
  .option('--outputs <file>', 'where to write the outputs that clients need', '.local/outputs.json')
  .option(
    '--faults <list>',
    'faults to inject: all, or a list such as seed=7,dropEvent=0.1 (see local/SUPPORT.md)',
  )
  .option('--verbose', 'print the logs of the functions', false);
await parseCommandLine(program);
const options = program.opts<Options>();

try {
  const faults = options.faults === undefined ? undefined : parseFaults(options.faults);
  if (faults)
    console.error(`Fault injection is on. To repeat it: --faults "${options.faults},seed=${faults.seed}"`);
  const files = claimOutputs(options.outputs);
  const runtime = await startLocal({
    ...options,
    faults,
    onLog: printLog,
    onProgress: (line) => console.error(line),
  });
  files.write(runtime);
  // Before it prints that it is ready, since it may be stopped at once then.
  stopOnSignal(runtime, files);
  printReady(runtime);
} catch (error) {
  console.error(
    error instanceof StartError ? `${error.name}: ${error.message}` : (systemErrorLine(error) ?? error),
  );
  process.exit(1);
}

function toPort(text: string): number {
  const port = Number(text || Number.NaN);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Expected 0 to 65535.');
  return port;
}

function printLog({ functionName, level, text }: LogLine): void {
  if (!options.verbose && (level === 'stdout' || (level === 'platform' && ROUTINE.test(text)))) return;
  console.error(`${functionName}: ${text.trimEnd()}`);
}

function printReady({ outputs }: LocalRuntime): void {
  console.log(`
The facade is ready.
  GraphQL    ${outputs.endpoint}
  API key    ${outputs.apiKey}
  Explorer   ${outputs.consoleUrl}
  Outputs    ${options.outputs}

Start an order:  npm run process -- start order --input examples/order.json --watch
Stop with Ctrl-C. Data stays in ${options.dataDir}`);
}

function stopOnSignal(runtime: LocalRuntime, files: OutputsFiles): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, async () => {
      // A second signal skips the orderly shutdown.
      if (stopping) process.exit(130);
      stopping = true;
      console.error('Stopping. Executions continue after the next start.');
      printFaults(runtime);
      files.remove();
      await runtime.close();
      process.exit(0);
    });
  }
}

function printFaults({ faultCounts }: LocalRuntime): void {
  const injected = Object.entries(faultCounts()).filter(([, count]) => count > 0);
  if (injected.length > 0)
    console.error(`Injected faults: ${injected.map((entry) => entry.join(' ')).join(', ')}`);
}
