/**
 * `npm run bench`: what the local runtime and the client do, side by side in one run. Prints a table and writes bench/RESULTS.md.
 *
 * A runtime in a process of its own serves test/app.ts; this process is the caller. Every load is bounded in count.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessClient, createProcessId, type ProcessClient } from '../client/index.ts';
import type { Outputs } from '../local/start-local.ts';

const ROOT = join(import.meta.dirname, '..');
const POLL_MS = 1_500;
const LATENCY_RUNS = 30;
const THROUGHPUT_COUNTS = { 1: 20, 10: 100, 100: 300 };

type Row = { what: string; value: string };
type Server = { outputs: Outputs; readyMs: number; pid: number; stop(): Promise<void> };

const rows: Row[] = [];
const work = mkdtempSync(join(tmpdir(), 'facade-bench-'));

try {
  await measureStart();
  const server = await startServer('test/app.ts');
  try {
    const { endpoint, realtimeEndpoint, apiKey } = server.outputs;
    using client = createProcessClient({ endpoint, realtimeEndpoint, apiKey });
    row('memory of the local runtime, before any process', megabytes(server.pid));
    await measureLatency(client);
    await measureThroughput(client);
    row('memory of the local runtime, after all of these', megabytes(server.pid));
  } finally {
    await server.stop();
  }
  writeResults();
} finally {
  rmSync(work, { recursive: true, force: true });
}

function row(what: string, value: string): void {
  rows.push({ what, value });
  console.log(`${what.padEnd(64)} ${value}`);
}

/** From `npm start` to the ready line, without and with a kept synthesis. */
async function measureStart(): Promise<void> {
  rmSync(join(ROOT, '.local/assembly'), { recursive: true, force: true });
  for (const [what, count] of [
    ['nothing kept', 1],
    ['the synthesis kept', 3],
  ] as const) {
    const times: number[] = [];
    for (let run = 0; run < count; run++) {
      const server = await startServer('infra/app.ts');
      times.push(server.readyMs);
      await server.stop();
    }
    row(`npm start to the ready line, ${what}`, `${(median(times) / 1_000).toFixed(1)} s`);
  }
}

/**
 * From the end of an execution to the caller: by push to the client's callback, and by a poll every 1.5 s. The end is the state's
 * `stoppedAt`; both callers and the runtime share one clock.
 */
async function measureLatency(client: ProcessClient): Promise<void> {
  const pushed: number[] = [];
  const polled: number[] = [];
  for (let run = 0; run < LATENCY_RUNS; run++) {
    const processId = createProcessId();
    const poll = (async () => {
      // A caller's polls do not begin in step with the process.
      await delay(Math.random() * POLL_MS);
      for (;;) {
        const state = await client.get(processId).catch(() => undefined);
        if (state?.stoppedAt) return Date.now() - Date.parse(state.stoppedAt);
        await delay(POLL_MS);
      }
    })();
    await client.run(
      'six-steps',
      { words: [] },
      {
        processId,
        via: 'subscription',
        onUpdate: (update) => {
          if (update.kind === 'state' && update.state.stoppedAt)
            pushed.push(Date.now() - Date.parse(update.state.stoppedAt));
        },
      },
    );
    polled.push(await poll);
  }
  row('end to callback by push, p50 / p99', `${percentile(pushed, 50)} ms / ${percentile(pushed, 99)} ms`);
  row(
    'end to callback by a poll every 1.5 s, p50 / p99',
    `${percentile(polled, 50)} ms / ${percentile(polled, 99)} ms`,
  );
  row(
    'push is faster than polling, by p50',
    `${(percentile(polled, 50) / Math.max(1, percentile(pushed, 50))).toFixed(0)} times`,
  );
}

/** Six-step processes from `run` to output, with so many under way at once. */
async function measureThroughput(client: ProcessClient): Promise<void> {
  for (const [inFlight, count] of Object.entries(THROUGHPUT_COUNTS)) {
    const started = performance.now();
    let left = count;
    const worker = async () => {
      while (left-- > 0) await client.run('six-steps', { words: [] });
    };
    await Promise.all(Array.from({ length: Number(inFlight) }, worker));
    const seconds = (performance.now() - started) / 1_000;
    row(`six-step processes per second, ${inFlight} in flight`, (count / seconds).toFixed(1));
  }
}

async function startServer(app: string): Promise<Server> {
  const outputs = join(work, 'outputs.json');
  const dataDir = mkdtempSync(join(work, 'data-'));
  const started = performance.now();
  const args = [
    '--import',
    './require-node-24.js',
    'local/main.ts',
    '--app',
    app,
    '--port',
    '0',
    '--data-dir',
    dataDir,
    '--outputs',
    outputs,
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
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
    pid: child.pid ?? 0,
    stop: () => {
      child.kill('SIGTERM');
      return closed;
    },
  };
}

function megabytes(pid: number): string {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return `${Math.round(Number(kilobytes) / 1_024)} MB`;
}

function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

function median(values: number[]): number {
  return percentile(values, 50);
}

function writeResults(): void {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changed =
    git('status', '--porcelain', '--', '.', ':!bench/RESULTS.md') === '' ? '' : ', with uncommitted changes';
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
  writeFileSync(
    join(import.meta.dirname, 'RESULTS.md'),
    `# Measured

By \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, at commit ${git('rev-parse', '--short', 'HEAD')}${changed}: ${machine}.
The local runtime is for development: its figures say nothing of AWS.

| what | value |
|---|---|
${rows.map(({ what, value }) => `| ${what} | ${value} |`).join('\n')}
`,
  );
}
