/**
 * A local runtime in a process of its own, which can be killed, and comes back on the same port and data.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outputs } from '../../local/start-local.ts';

const RECORDED = /"message":"recorded","by":"(\w+)","status":"(?!RUNNING)/g;
const ROOT = join(import.meta.dirname, '../..');

/** A runtime that is kept up. */
export type KeptRuntime = {
  outputs: Outputs;
  /** The environment by which AWS's SDKs reach it as its operator; new after each start. */
  operatorEnvironment(): Record<string, string>;
  /** How often it was started. */
  starts(): number;
  /** How many ends of processes were recorded by which way, as the functions' logs tell (with `--verbose`). */
  recordedBy(): Record<string, number>;
  /** Kills it at once, as a power cut would; resolves when it is back. */
  kill(): Promise<void>;
  /** Stops it for good. */
  stop(): Promise<void>;
};

/** Starts a runtime in `folder`, and again whenever it dies. `faults` is the dial of its life number `start`, from 1. */
export async function keepRuntime(
  folder: string,
  app: string,
  faults?: (start: number) => string,
): Promise<KeptRuntime> {
  let port = 0;
  let starts = 0;
  let stopping = false;
  const recordedBy: Record<string, number> = {};
  let child: ChildProcess;
  let ready = Promise.resolve();
  const outputsFile = join(folder, 'outputs.json');
  const read = () => JSON.parse(readFileSync(outputsFile, 'utf8')) as Outputs;

  function start(): void {
    starts++;
    const args = ['local/main.ts', '--app', app, '--port', String(port), '--data-dir', join(folder, 'data')];
    if (faults) args.push('--verbose', '--faults', faults(starts));
    const started = spawn(process.execPath, [...args, '--outputs', outputsFile], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let errors = '';
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000);
      for (const [, by = ''] of text.matchAll(RECORDED)) recordedBy[by] = (recordedBy[by] ?? 0) + 1;
    });
    ready = new Promise((done, fail) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('is ready')) done();
      });
      started.once('close', (code, signal) => {
        if (stopping) return;
        if (signal === 'SIGKILL') start();
        else fail(new Error(`The runtime ended with ${code ?? signal}:\n${errors}`));
      });
    });
    // Whoever waits gets the failure; where nobody does, it must not end the run.
    ready.catch(() => undefined);
  }

  start();
  await ready;
  const outputs = read();
  port = Number(new URL(outputs.endpoint).port);
  return {
    outputs,
    operatorEnvironment: () =>
      Object.fromEntries(
        readFileSync(join(folder, 'operator.env'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
      ),
    starts: () => starts,
    recordedBy: () => recordedBy,
    async kill() {
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGKILL');
      await closed;
      await ready;
    },
    async stop() {
      stopping = true;
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGTERM');
      await closed;
    },
  };
}
