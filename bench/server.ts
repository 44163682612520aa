/** A local runtime in a process of its own, so that the caller's work is not counted as its. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outputs } from '../local/start-local.ts';

const ROOT = join(import.meta.dirname, '..');

/** A runtime that serves. */
export type Server = {
  outputs: Outputs;
  /** From the start of the process to its ready line. */
  readyMs: number;
  /** Its resident memory now. */
  megabytes(): number;
  stop(): Promise<void>;
};

/** Starts one with empty data in the folder, on a free port. */
export async function startServer(app: string, folder: string): Promise<Server> {
  const outputs = join(folder, 'outputs.json');
  const dataDir = mkdtempSync(join(folder, 'data-'));
  const started = performance.now();
  const args = ['--app', app, '--port', '0', '--data-dir', dataDir, '--outputs', outputs];
  const child = spawn(process.execPath, ['--import', './require-node-24.js', 'local/main.ts', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  await new Promise<void>((done, fail) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('ready')) done();
    });
    child.once('close', () => fail(new Error('The local runtime did not start')));
  });
  const readyMs = performance.now() - started;
  return {
    outputs: JSON.parse(readFileSync(outputs, 'utf8')) as Outputs,
    readyMs,
    megabytes: () => residentMegabytes(child.pid ?? 0),
    stop: () => {
      child.kill('SIGTERM');
      return closed;
    },
  };
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1_024);
}
