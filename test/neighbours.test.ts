/**
 * A local runtime next to other users of the machine, who can read nothing, and next to other
 * runtimes of the same clone.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createProcessClient } from '../client/index.ts';
import { operatorFileOf } from '../core/output-names.ts';
import type { Outputs } from '../local/start-local.ts';
import { example } from './facade.ts';

const ROOT = join(import.meta.dirname, '..');
const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'neighbours-'));
const children: ChildProcess[] = [];
afterEach(() => Promise.all(children.splice(0).map((child) => stop(child))));
afterAll(() => rmSync(folder, { recursive: true }));

const outputsFile = join(folder, 'kept/outputs.json');
const operatorFile = join(folder, 'kept/operator.env');
const readOutputs = () => JSON.parse(readFileSync(outputsFile, 'utf8')) as Outputs;

/** Runs `npm start` on a free port. */
function start(data: string, more: string[] = []): ChildProcess {
  const args = [
    'cli/process-facade.ts',
    'dev',
    '--app',
    'test/app.ts',
    '--port',
    '0',
    '--data-dir',
    join(folder, data),
  ];
  const child = spawn(process.execPath, [...args, '--outputs', outputsFile, ...more], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** Starts a runtime and waits until it is ready. */
async function startReady(data: string, more?: string[]): Promise<ChildProcess> {
  const child = start(data, more);
  child.stderr?.resume();
  await new Promise<void>((done, fail) => {
    child.stdout?.setEncoding('utf8').on('data', (line: string) => line.includes('is ready') && done());
    child.once('close', (code) => fail(new Error(`The runtime ended with ${code}`)));
  });
  return child;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((done) => child.once('close', done));
  child.kill(signal);
  await closed;
}

/** Returns the folder and everything below it, with the permissions of other users. */
function openToOthers(below: string): string[] {
  const all = [below, ...readdirSync(below, { recursive: true }).map((name) => join(below, String(name)))];
  return all.filter((path) => (statSync(path).mode & 0o077) !== 0);
}

describe('another user of the machine', () => {
  it('can read nothing of a running runtime: not its key, credentials, data, or callers', async () => {
    const umask = process.umask(0);
    const runtime = await startReady('data').finally(() => process.umask(umask));
    using client = createProcessClient(readOutputs());
    await client.run('order', example('order'));

    const kept = [join(folder, 'data'), join(folder, 'kept')];
    expect(kept.flatMap(openToOthers)).toEqual([]);
    const files = readdirSync(kept[0] ?? '', { recursive: true });
    expect(files.map(String)).toEqual(
      expect.arrayContaining([
        'runtime.sqlite',
        'runtime.sqlite-wal',
        expect.stringMatching(/^s3\/.*objects\/./),
      ]),
    );
    for (const cache of ['.local/assembly', '.local/explorer'].filter((name) => existsSync(join(ROOT, name))))
      expect(statSync(join(ROOT, cache)).mode & 0o077).toBe(0);
    // Where this process may become another user, read as that user.
    if (process.getuid?.() === 0) {
      const { stdout } = spawnSync('cat', [outputsFile, operatorFile, join(folder, 'data/runtime.sqlite')], {
        uid: NOBODY,
        gid: NOBODY,
      });
      expect(String(stdout)).toBe('');
    }
    await stop(runtime);
  });
});

describe('two runtimes of one clone', () => {
  it("do not overwrite each other's outputs: the second prints what to do", async () => {
    await startReady('one');
    const before = readFileSync(outputsFile, 'utf8');
    const second = start('two');
    const [errors] = await Promise.all([
      text(second.stderr as NonNullable<typeof second.stderr>),
      new Promise((done) => second.once('close', done)),
    ]);
    expect(second.exitCode).toBe(1);
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^OutputsUnusable: .*outputs\.json\]: another local runtime has its outputs.* --outputs .* --data-dir .* --port 0$/,
      ),
    ]);
    expect(readFileSync(outputsFile, 'utf8')).toBe(before);
  });

  it('replace the outputs of a killed one, and remove their own at the end', async () => {
    await stop(await startReady('one'), 'SIGKILL');
    const left = readOutputs();
    const next = await startReady('one');
    expect(readOutputs()).toMatchObject({ apiKey: left.apiKey });
    expect(readOutputs().endpoint).not.toBe(left.endpoint);
    await stop(next);
    expect(
      [outputsFile, operatorFileOf(outputsFile), operatorFile].filter((file) => existsSync(file)),
    ).toEqual([]);
  });

  it('do not remove outputs that have replaced theirs', async () => {
    const runtime = await startReady('one');
    writeFileSync(outputsFile, '{"endpoint":"https://deployed.example/graphql"}');
    await stop(runtime);
    expect(readFileSync(outputsFile, 'utf8')).toContain('deployed.example');
    expect(existsSync(operatorFile)).toBe(false);
  });
});
