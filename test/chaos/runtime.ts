/**
 * A local runtime in a separate process that can be killed, and restarts on the same port with the
 * same data.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import type { Recorder } from '../../core/services.ts';
import { readOutputsFiles } from '../../local/outputs-files.ts';
import type { Outputs } from '../../local/start-local.ts';

const ROOT = join(import.meta.dirname, '../..');
const ERROR_LINES = 40;

/**
 * What recorded each state, from the functions' logs, by {@link nameOfState}. What was logged just
 * before a kill may be missing.
 */
export type RecordedBy = ReadonlyMap<string, Recorder>;

/** A runtime that is restarted whenever it is killed. */
export type KeptRuntime = {
  outputs: Outputs;
  /** The environment with which AWS SDKs reach it as its operator; another one after each start. */
  operatorEnvironment(): NodeJS.Dict<string>;
  /** Undefined if it could not be started. */
  pid(): number | undefined;
  /** The number of its starts. */
  starts(): number;
  /** Empty without faults: only with them does the runtime print what the functions log. */
  recordedBy: RecordedBy;
  /** Kills it at once, like a power cut. Resolves when it has restarted. */
  kill(): Promise<void>;
  /** Stops it permanently. */
  stop(): Promise<void>;
};

/** Names one version of one process. */
export function nameOfState({ processId, version }: { processId: string; version: number }): string {
  return `${processId} ${version}`;
}

/**
 * Starts a runtime in `folder`, and again whenever it is killed. `faults` gives the faults for its
 * start number `start`, from 1. `onErrorLine` gets each line of its standard error. It does not
 * survive this process.
 */
export async function keepRuntime(
  folder: string,
  app: string,
  faults?: (start: number) => string,
  onErrorLine?: (line: string) => void,
): Promise<KeptRuntime> {
  const recordedBy = new Map<string, Recorder>();
  const outputsFile = join(folder, 'outputs.json');
  let port = 0;
  let starts = 0;
  let stopping = false;
  let child: ChildProcess;
  let ready = Promise.resolve();

  function start(): void {
    starts++;
    const args = [
      'cli/process-facade.ts',
      'dev',
      '--app',
      app,
      '--port',
      String(port),
      '--data-dir',
      join(folder, 'data'),
    ];
    if (faults) args.push('--verbose', '--faults', faults(starts));
    const started = spawn(process.execPath, [...args, '--outputs', outputsFile], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    const errors: string[] = [];
    createInterface(started.stderr).on('line', (line) => {
      errors.push(line);
      onErrorLine?.(line);
      errors.splice(0, errors.length - ERROR_LINES);
      const recorded = readRecorded(line);
      if (recorded) recordedBy.set(nameOfState(recorded), recorded.by);
    });
    ready = new Promise((done, fail) => {
      createInterface(started.stdout).on('line', (line) => {
        if (line.includes('is ready')) done();
      });
      started.once('close', (code, signal) => {
        if (stopping) return;
        if (signal === 'SIGKILL') start();
        else fail(new Error(`The runtime ended with ${code ?? signal}:\n${errors.join('\n')}`));
      });
    });
    // A failure reaches the waiting callers. Without one it must not end the run.
    ready.catch(() => undefined);
  }

  function end(): void {
    stopping = true;
    child.kill('SIGKILL');
  }

  start();
  process.once('exit', end);
  await ready;
  const outputs = readOutputsFiles(outputsFile);
  port = Number(new URL(outputs.endpoint).port);
  return {
    outputs,
    operatorEnvironment: () => parseEnv(readFileSync(join(folder, 'operator.env'), 'utf8')),
    pid: () => child.pid,
    starts: () => starts,
    recordedBy,
    async kill() {
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGKILL');
      await closed;
      await ready;
    },
    async stop() {
      stopping = true;
      process.off('exit', end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGTERM');
      await closed;
    },
  };
}

type Recorded = { by: Recorder; processId: string; version: number };

/** A line that core/record-status.ts logged; undefined for other lines. */
function readRecorded(line: string): Recorded | undefined {
  const json = /{"message":"recorded",.*}/.exec(line)?.[0];
  return json === undefined ? undefined : (JSON.parse(json) as Recorded);
}
