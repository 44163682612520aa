import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arnOf, type ServedLambda, serveLambda } from './serve-for-test.ts';

let fixture: ServedLambda;
beforeEach(() => {
  fixture = serveLambda();
});
afterEach(() => fixture[Symbol.asyncDispose]());

/**
 * Lambda's error, without the request id before it; which of the two limits of memory is met
 * first depends on the pace.
 */
const ABORTED = ['Runtime.ExitError', /^Runtime exited with error: signal: aborted$/] as const;
const KILLED = ['Runtime.ExitError', /^Runtime exited with error: signal: killed$/] as const;
const OUT_OF_MEMORY = ['Runtime.OutOfMemory', /^Runtime exited with error: signal: killed$/] as const;
const NO_MEMORY = [
  /^Runtime\.(OutOfMemory|ExitError)$/,
  /^Runtime exited with error: signal: (killed|aborted)$/,
] as const;
const TIMED_OUT = ['Sandbox.Timedout', /^Task timed out after 1.00 seconds$/] as const;
const TOO_LARGE = ['Function.ResponseSizeTooLarge', /\(6291556 bytes\)\.$/] as const;

const DEEDS: [string, string, readonly [string | RegExp, RegExp], timeoutSeconds?: number][] = [
  ['fills the heap', 'for (const all = []; ; ) all.push(new Array(1e6).fill(0.5))', NO_MEMORY],
  ['fills a gigabyte outside of the heap', 'return Buffer.alloc(1e9, 1).length', OUT_OF_MEMORY],
  ['returns 30 MB', "return 'x'.repeat(30e6)", TOO_LARGE],
  ['returns 300 MB', "return 'x'.repeat(300e6)", NO_MEMORY],
  ['returns a gigabyte', "return 'x'.repeat(1e9)", ['RangeError', /^Invalid string length$/]],
  ['throws an error with a text of 10 MB', "throw new Error('x'.repeat(1e7))", TOO_LARGE],
  ['aborts', 'process.abort()', ABORTED],
  [
    'crashes',
    "process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {})",
    ['Runtime.ExitError', /^Runtime exited with error: signal: segmentation fault$/],
  ],
  ['is killed', "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})", KILLED],
  ['closes the pipe of its commands', 'fs.closeSync(3); await new Promise(() => {})', KILLED],
  ['closes the pipe of its reports', 'fs.closeSync(4); await new Promise(() => {})', KILLED],
  ['writes garbage to that pipe', "fs.writeSync(4, 'no frame'); await new Promise(() => {})", KILLED],
  [
    'reports what is not a report',
    `fs.writeSync(4, Buffer.from('\\0\\0\\0\\x0e{"type":"log"}')); await new Promise(() => {})`,
    KILLED,
  ],
  ['logs without end', "for (;;) console.log('x'.repeat(1000))", TIMED_OUT, 1],
  [
    'writes to its output without end, and without a line',
    "for (;;) try { fs.writeSync(1, 'x'.repeat(1e5)) } catch {}",
    TIMED_OUT,
    1,
  ],
];

describe('a function', () => {
  test.each(DEEDS)('that %s fails alone', async (_, deed, [errorType, message], timeoutSeconds = 30) => {
    const go = join(fixture.folder, `go-${process.hrtime.bigint()}`);
    const invoke = await fixture.serve(
      `import fs from 'node:fs';
       import { setTimeout } from 'node:timers/promises';
       export const handler = async (event) => {
         if (event === 'deed') { ${deed} }
         if (event === 'wait') while (!fs.existsSync(${JSON.stringify(go)})) await setTimeout(5);
         return event;
       };`,
      { memoryMb: 512, timeoutSeconds },
    );
    // Another invocation is in the middle of its work, where its time allows it.
    const other = timeoutSeconds === 1 ? invoke('next') : invoke('wait');
    const result = await invoke('deed');
    const error = result.ok ? { errorType: '', errorMessage: '' } : result.error;
    expect(error.errorType).toMatch(errorType);
    expect(error.errorMessage.replace(/^RequestId: \S+ (Error: )?/, '')).toMatch(message);
    await writeFile(go, '');
    await expect(other).resolves.toMatchObject({ ok: true });
    await expect(invoke('next')).resolves.toEqual({ ok: true, payload: 'next' });
  });

  test('for which there can be no process fails with an error that is tried again', async () => {
    const invoke = await fixture.serve('', { codeDir: join(fixture.folder, 'not-there') });
    await expect(invoke()).resolves.toMatchObject({
      ok: false,
      error: { errorType: 'Lambda.ServiceException', errorMessage: expect.stringContaining('not-there') },
    });
  });

  test('whose environment ends takes the processes with it that it has started', async () => {
    const invoke = await fixture.serve(
      `import { spawn } from 'node:child_process';
       export const handler = async () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']).pid;`,
    );
    const result = await invoke();
    const pid = result.ok ? Number(result.payload) : 0;
    expect(isRunning(pid)).toBe(true);
    await fixture.lambda.close();
    await gone(pid);
  });
});

describe('a runtime that is killed', () => {
  test.each([
    ['is idle', 'export const handler = async () => process.pid;'],
    [
      'never stops computing',
      'import { writeSync } from "node:fs"; export const handler = () => { console.log("pid " + process.pid); for (;;); };',
    ],
  ])('leaves no process behind that %s', async (_, source) => {
    const codeDir = await mkdtemp(join(fixture.folder, 'fn-'));
    await writeFile(join(codeDir, 'index.mjs'), source);
    const fn = {
      name: 'f',
      arn: arnOf('f'),
      codeDir,
      handler: 'index.handler',
      timeoutSeconds: 600,
      memoryMb: 128,
    };
    const program = `
      import { createLambda } from ${JSON.stringify(new URL('./lambda.ts', import.meta.url).href)};
      const lambda = createLambda({
        functions: [{ ...${JSON.stringify(fn)}, environment: {}, roleArn: 'r' }],
        environmentFor: () => ({}), onLog: ({ text }) => console.log(text), region: 'us-east-1',
      });
      setInterval(() => {}, 1e6);
      console.log('pid ' + (await lambda.invoke(${JSON.stringify(fn.arn)}, {})).payload);`;
    const runtime = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      createInterface(runtime.stdout).on('line', (line) => {
        const [, found] = /^pid (\d+)$/.exec(line) ?? [];
        if (found) resolve(Number(found));
      });
    });
    expect(isRunning(pid)).toBe(true);
    runtime.kill('SIGKILL');
    await gone(pid);
  });
});

/** A zombie that nobody has asked about yet is not running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await delay(10);
}
