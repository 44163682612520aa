/**
 * A local runtime in a separate process, so that the caller's work is not counted as the runtime's.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOutputsFiles } from '../local/outputs-files.ts';
import type { Outputs } from '../local/start-local.ts';

const ROOT = join(import.meta.dirname, '..');

/** A runtime that serves. */
export type Server = {
  outputs: Outputs;
  /** From the start of the process to its ready line. */
  readyMs: number;
  /** The resident memory of the runtime and of the processes of its functions now. */
  megabytes(): number;
  stop(): Promise<void>;
  /** Kills it at once, as a power cut would. */
  kill(): Promise<void>;
};

/** Starts a runtime, by default on a free port and with an empty data folder. */
export async function startServer(
  app: string,
  folder: string,
  { port = 0, dataDir = mkdtempSync(join(folder, 'data-')) } = {},
): Promise<Server> {
  const outputs = join(folder, 'outputs.json');
  const started = performance.now();
  const args = ['--app', app, '--port', String(port), '--data-dir', dataDir, '--outputs', outputs];
  const child = spawn(
    process.execPath,
    ['--import', './require-node-24.js', 'cli/process-facade.ts', 'dev', ...args],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  await new Promise<void>((done, fail) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('ready')) done();
    });
    child.once('close', () => fail(new Error('The local runtime did not start')));
  });
  const readyMs = performance.now() - started;
  return {
    outputs: readOutputsFiles(outputs),
    readyMs,
    megabytes: () => residentMegabytes(child.pid ?? 0),
    stop: () => {
      child.kill('SIGTERM');
      return closed;
    },
    kill: () => {
      child.kill('SIGKILL');
      return closed;
    },
  };
}

/** Shared memory counts once: each process has its share of it. */
function residentMegabytes(root: number): number {
  const childrenOf = Map.groupBy(processes(), ({ parent }) => parent);
  const kilobytesOf = (pid: number): number => {
    const own = Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
    return (childrenOf.get(pid) ?? []).reduce((sum, child) => sum + kilobytesOf(child.pid), own);
  };
  return Math.round(kilobytesOf(root) / 1_024);
}

function processes(): { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      parent: Number(/\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1]),
    }));
}

/** Empty for a process that has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
