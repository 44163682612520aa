/**
 * `dev`: serves the facade locally, from the template that a deployment would use.
 */
import { CLIENT_OUTPUTS, pick } from '../core/output-names.ts';
import {
  claimOutputs,
  type LocalRuntime,
  type LogLine,
  type OutputsFiles,
  outputsFileOf,
  parseFaults,
  StartError,
  startLocal,
} from '../local/index.ts';
import { systemErrorLine } from './command-line.ts';
import { COMMAND, EXAMPLE_START } from './command-names.ts';

/** The options of `dev`. */
export type DevOptions = {
  app: string;
  port: number;
  dataDir: string;
  outputs: string;
  verbose: boolean;
  json: boolean;
  faults?: string;
};

/** The lines that Lambda logs for every invocation. */
const ROUTINE = /^(INIT_START|START|END|REPORT) /;

/** Serves the app until a signal stops it. Exits with 1 if it cannot start. */
export async function dev(options: DevOptions): Promise<void> {
  // As on Lambda.
  process.env.TZ = 'UTC';
  try {
    const faults = options.faults === undefined ? undefined : parseFaults(options.faults);
    if (faults)
      console.error(`Fault injection is on. To repeat it: --faults "${options.faults},seed=${faults.seed}"`);
    const files = claimOutputs(options.outputs);
    const runtime = await startLocal({
      ...options,
      faults,
      onLog: (line) => printLog(line, options.verbose),
      onProgress: (line) => console.error(line),
      onChange(line) {
        console.error(line);
        files.write(runtime);
      },
    });
    files.write(runtime);
    // Before it prints that it is ready, since it may be stopped at once then.
    stopOnSignal(runtime, files);
    printReady(runtime, options);
  } catch (error) {
    console.error(
      error instanceof StartError ? `${error.name}: ${error.message}` : (systemErrorLine(error) ?? error),
    );
    process.exit(1);
  }
}

function printLog({ functionName, level, text }: LogLine, verbose: boolean): void {
  if (!verbose && (level === 'stdout' || (level === 'platform' && ROUTINE.test(text)))) return;
  console.error(`${functionName}: ${text.trimEnd()}`);
}

function printReady({ outputs, facades }: LocalRuntime, options: DevOptions): void {
  if (options.json) {
    console.log(JSON.stringify(pick(outputs, CLIENT_OUTPUTS)));
    return;
  }
  console.log(`
The facade is ready.
  GraphQL    ${outputs.endpoint}
  API key    ${outputs.apiKey}
  Explorer   ${outputs.consoleUrl}
  Outputs    ${options.outputs}
${Object.entries(facades).slice(1).map(readyLines(options.outputs)).join('')}
Start a process:  ${COMMAND} ${EXAMPLE_START} --watch
Stop with Ctrl-C. Data stays in ${options.dataDir}`);
}

/** Returns a function that describes a facade other than the first, which `--outputs` chooses. */
function readyLines(file: string) {
  return ([name, { endpoint, consoleUrl }]: [string, LocalRuntime['outputs']]) => `
  ${name}
  GraphQL    ${endpoint}
  Explorer   ${consoleUrl}
  Outputs    ${outputsFileOf(file, name)}
`;
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
