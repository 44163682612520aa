/**
 * `npm start`: the facade on this machine, from the template that would be deployed.
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

/** Lambda's own lines about invocations that went well. */
const ROUTINE = /^(INIT_START|START|END|REPORT) /;

// As on Lambda.
process.env.TZ = 'UTC';

const program = new Command('npm start --')
  .description(
    'Serves a ProcessFacade app on this machine: no account, no Docker. For development and tests.',
  )
  .option('--app <file>', 'the CDK app to serve', 'infra/app.ts')
  .addOption(
    new Option('--port <number>', 'where to listen, 0 for a free port')
      .env('PORT')
      .argParser(toPort)
      .default(4_000),
  )
  .addOption(
    new Option('--data-dir <folder>', 'where data is kept').env('LOCAL_DATA_DIR').default('.local/data'),
  )
  .option('--outputs <file>', 'where to write what a client needs', '.local/outputs.json')
  .option(
    '--faults <list>',
    'what goes wrong on purpose: all, or such as seed=7,dropEvent=0.1 (local/SUPPORT.md)',
  )
  .option('--verbose', 'print what the functions log', false);
await parseCommandLine(program);
const options = program.opts<Options>();

try {
  const faults = options.faults === undefined ? undefined : parseFaults(options.faults);
  if (faults)
    console.error(`Faults are on; the same again: --faults "${options.faults},seed=${faults.seed}"`);
  const files = claimOutputs(options.outputs);
  const runtime = await startLocal({
    ...options,
    faults,
    onLog: printLog,
    onProgress: (line) => console.error(line),
  });
  files.write(runtime);
  // First: who reads that it is ready may stop it at once.
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
Stop with Ctrl-C; the data stays in ${options.dataDir}`);
}

function stopOnSignal(runtime: LocalRuntime, files: OutputsFiles): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, async () => {
      // Whoever asks twice does not want to wait.
      if (stopping) process.exit(130);
      stopping = true;
      console.error('Stopping. Executions run on after the next start.');
      printFaults(runtime);
      files.remove();
      await runtime.close();
      process.exit(0);
    });
  }
}

function printFaults({ faultCounts }: LocalRuntime): void {
  const struck = Object.entries(faultCounts()).filter(([, count]) => count > 0);
  if (struck.length > 0)
    console.error(`Faults that struck: ${struck.map((entry) => entry.join(' ')).join(', ')}`);
}
