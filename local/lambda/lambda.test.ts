import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLambda, type Lambda, type LambdaFunction, type LogLine } from './lambda.ts';

let folder = '';
let lambda: Lambda;
let lines: LogLine[] = [];
let listeners: (() => void)[] = [];

const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** Writes a bundle of the name and serves it, alone. Returns a short form of `invoke`. */
async function serve(source: string, settings: Partial<LambdaFunction> & { file?: string } = {}) {
  const { file = 'index.mjs', ...others } = settings;
  const codeDir = await mkdtemp(join(folder, 'fn-'));
  await mkdir(dirname(join(codeDir, file)), { recursive: true });
  await writeFile(join(codeDir, file), source);
  const fn: LambdaFunction = {
    name: 'Orders',
    arn: arnOf('Orders'),
    codeDir,
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 30,
    memoryMb: 128,
    roleArn: 'arn:aws:iam::000000000000:role/Orders',
    ...others,
  };
  lambda = createLambda({
    functions: [fn],
    environmentFor: ({ roleArn }) => ({ AWS_ACCESS_KEY_ID: `key of ${roleArn}` }),
    onLog(line) {
      lines.push(line);
      for (const listener of listeners) listener();
    },
    region: 'us-east-1',
  });
  return (payload?: unknown, signal?: AbortSignal) => lambda.invoke(fn.arn, payload, signal);
}

/** Resolves when so many lines hold the text. */
function logged(text: string, count = 1): Promise<LogLine[]> {
  return new Promise((resolve) => {
    const check = () => {
      const found = lines.filter((line) => line.text.includes(text));
      if (found.length >= count) resolve(found);
    };
    listeners.push(check);
    check();
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lambda-'));
});
afterEach(async () => {
  await lambda.close();
  lines = [];
  listeners = [];
});
afterAll(() => rm(folder, { recursive: true }));

describe('a handler', () => {
  test('gets the event and answers with what it returns, through JSON', async () => {
    const invoke = await serve('export const handler = async (event) => event;');
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (payload) => {
        await expect(invoke(payload)).resolves.toEqual({
          ok: true,
          payload: JSON.parse(JSON.stringify(payload)),
        });
      }),
      { numRuns: 50 },
    );
    await expect(invoke({ date: new Date(0), left: undefined })).resolves.toEqual({
      ok: true,
      payload: { date: '1970-01-01T00:00:00.000Z' },
    });
  });

  test('gets {} where there is no payload, and null is the result where it returns nothing', async () => {
    const invoke = await serve('export const handler = (event) => void console.log(JSON.stringify(event));');
    await expect(invoke()).resolves.toEqual({ ok: true, payload: null });
    await logged('{}');
  });

  test('gets the context that Lambda gives to Node.js 24', async () => {
    const invoke = await serve(
      'export const handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis() });',
      { timeoutSeconds: 20, memoryMb: 256 },
    );
    const result = await invoke();
    expect(result).toMatchObject({
      ok: true,
      payload: {
        functionName: 'Orders',
        functionVersion: '$LATEST',
        invokedFunctionArn: arnOf('Orders'),
        memoryLimitInMB: '256',
        logGroupName: '/aws/lambda/Orders',
        logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      },
    });
    const payload = result.ok ? Object(result.payload) : {};
    expect(payload.left).toBeGreaterThan(10_000);
    expect(payload.left).toBeLessThanOrEqual(20_000);
    const [start] = await logged('START');
    expect(start?.requestId).toBe(payload.awsRequestId);
  });

  test('runs under the request id that the caller gives', async () => {
    await serve('export const handler = async (event, { awsRequestId }) => awsRequestId;');
    await expect(lambda.invoke(arnOf('Orders'), {}, undefined, 'again')).resolves.toEqual({
      ok: true,
      payload: 'again',
    });
  });

  test('sees its own variables and those of Lambda, and nothing of the process that serves it', async () => {
    const invoke = await serve('export const handler = async () => process.env;', {
      environment: { BUCKET: 'data', AWS_REGION: 'elsewhere', AWS_ACCESS_KEY_ID: 'own', TZ: 'Europe/Rome' },
    });
    process.env.OF_THE_HOST = 'secret';
    const result = await invoke();
    delete process.env.OF_THE_HOST;
    expect(result).toEqual({
      ok: true,
      payload: {
        BUCKET: 'data',
        TZ: 'Europe/Rome',
        LANG: 'en_US.UTF-8',
        PATH: expect.any(String),
        _HANDLER: 'index.handler',
        LAMBDA_TASK_ROOT: expect.stringContaining(folder),
        AWS_ACCESS_KEY_ID: 'key of arn:aws:iam::000000000000:role/Orders',
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: 'Orders',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/Orders',
        AWS_LAMBDA_LOG_STREAM_NAME: expect.any(String),
      },
    });
  });

  test('is found by the ARN with $LATEST too; another ARN is answered with ResourceNotFoundException', async () => {
    await serve('export const handler = async () => 1;');
    await expect(lambda.invoke(`${arnOf('Orders')}:$LATEST`, {})).resolves.toEqual({ ok: true, payload: 1 });
    await expect(lambda.invoke(arnOf('Other'), {})).resolves.toEqual({
      ok: false,
      error: {
        errorType: 'ResourceNotFoundException',
        errorMessage: `Function not found: ${arnOf('Other')}`,
      },
    });
  });
});

describe('an environment', () => {
  const counting = 'let count = 0; export const handler = async () => ++count;';

  test('is used again for the next invocation', async () => {
    const invoke = await serve(counting);
    expect([await invoke(), await invoke()]).toEqual([
      { ok: true, payload: 1 },
      { ok: true, payload: 2 },
    ]);
  });

  test('runs one invocation at a time; four run side by side, and the others in the order they came', async () => {
    const go = join(folder, 'go');
    const invoke = await serve(`
      import { existsSync } from 'node:fs';
      import { threadId } from 'node:worker_threads';
      import { setTimeout } from 'node:timers/promises';
      let running = 0;
      export const handler = async (event) => {
        console.log('event ' + event);
        if (++running > 1) throw new Error('two at a time');
        while (!existsSync(${JSON.stringify(go)})) await setTimeout(5);
        running--;
        return threadId;
      };`);
    const results = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((event) => invoke(event)));
    await logged('event', 4);
    expect(lines.filter(({ text }) => text.includes('START'))).toHaveLength(4);
    await writeFile(go, '');
    const threads = (await results).map((result) => (result.ok ? result.payload : result.error));
    expect(new Set(threads).size).toBe(4);
    const begun = (await logged('event', 8)).map(({ text }) => text);
    expect(begun.slice(0, 4).sort()).toEqual(['event 0', 'event 1', 'event 2', 'event 3']);
    expect(begun.slice(4).sort()).toEqual(['event 4', 'event 5', 'event 6', 'event 7']);
  });

  test('that is idle does not keep the process from ending', async () => {
    await serve(counting);
    const codeDir = await mkdtemp(join(folder, 'fn-'));
    await writeFile(join(codeDir, 'index.mjs'), 'export const handler = async () => "served";');
    const fn = { name: 'f', arn: 'f', codeDir, handler: 'index.handler', timeoutSeconds: 3, memoryMb: 128 };
    const program = `
      import { createLambda } from ${JSON.stringify(new URL('./lambda.ts', import.meta.url).href)};
      const lambda = createLambda({
        functions: [{ ...${JSON.stringify(fn)}, environment: {}, roleArn: 'r' }],
        environmentFor: () => ({}), onLog() {}, region: 'us-east-1',
      });
      console.log((await lambda.invoke('f', {})).payload);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout).toBe('served\n');
  });

  test('keeps its log apart by request, line by line, with the lines of Lambda around', async () => {
    const invoke = await serve(`
      export const handler = async (event, { awsRequestId }) => {
        console.log('of %s', awsRequestId, { event });
        process.stderr.write('half ');
        process.stderr.write(Buffer.from('line\\nnext\\n'), () => console.log('written'));
        await new Promise(setImmediate);
      };`);
    await Promise.all([invoke(1), invoke(2)]);
    await invoke(3);
    const ids = new Set(lines.map(({ requestId }) => requestId));
    expect(ids.size).toBe(3);
    for (const id of ids) {
      const own = lines
        .filter(({ requestId }) => requestId === id)
        .map(({ level, text }) => `${level} ${text}`);
      expect(own).toEqual([
        `platform START RequestId: ${id} Version: $LATEST`,
        expect.stringMatching(`^stdout of ${id} \\{ event: \\d \\}$`),
        'stderr half line',
        'stderr next',
        'stdout written',
        `platform END RequestId: ${id}`,
        expect.stringMatching(
          new RegExp(
            `^platform REPORT RequestId: ${id}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB`,
          ),
        ),
      ]);
    }
    expect(lines.filter(({ text }) => text.includes('Init Duration'))).toHaveLength(2);
  });
});

describe('a failing function', () => {
  test('reports a thrown Error by its name, with its stack, and is asked again in the same environment', async () => {
    const invoke = await serve(`
      let count = 0;
      class DeclinedError extends Error { name = 'DeclinedError'; extra = 1; }
      export const handler = async () => {
        if (++count === 1) throw new DeclinedError('no money');
        return count;
      };`);
    await expect(invoke()).resolves.toEqual({
      ok: false,
      error: {
        errorType: 'DeclinedError',
        errorMessage: 'no money',
        trace: expect.arrayContaining([expect.stringContaining('index.mjs')]),
      },
    });
    await logged('Invoke Error');
    await expect(invoke()).resolves.toEqual({ ok: true, payload: 2 });
  });

  test.each([
    ["'text'", { errorType: 'string', errorMessage: 'text', trace: [] }],
    ['{ a: 1 }', { errorType: 'object', errorMessage: '[object Object]', trace: [] }],
    ['undefined', { errorType: 'undefined', errorMessage: 'undefined', trace: [] }],
  ])('reports that %s was thrown by its type', async (thrown, error) => {
    const invoke = await serve(`export const handler = () => { throw ${thrown}; };`);
    await expect(invoke()).resolves.toEqual({ ok: false, error });
  });

  test.each(['1n', '(() => { const a = {}; a.a = a; return a; })()'])(
    'reports that %s is no JSON',
    async (value) => {
      const invoke = await serve(`export const handler = async () => ${value};`);
      await expect(invoke()).resolves.toMatchObject({
        ok: false,
        error: { errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body' },
      });
    },
  );

  test.each([
    ['waits for nothing', 'await new Promise(() => {})'],
    ['never stops computing', 'for (;;);'],
  ])('that %s is stopped when its time is up, and the next invocation begins anew', async (_, work) => {
    const invoke = await serve(
      `let count = 0;
       export const handler = async (event) => { count++; if (event.stuck) { ${work} } return count; };`,
      { timeoutSeconds: 0.25 },
    );
    const result = await invoke({ stuck: true });
    const { requestId } = (await logged('START'))[0] ?? {};
    expect(result).toEqual({
      ok: false,
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: Task timed out after 0.25 seconds`,
      },
    });
    await expect(invoke({})).resolves.toEqual({ ok: true, payload: 1 });
  });

  test.each([
    ['process.exit(3)', 'Runtime exited with error: exit status 3'],
    ['process.exit(0)', 'Runtime exited without providing a reason'],
    [
      "setImmediate(() => { throw new Error('late') }); await new Promise(() => {})",
      'Runtime exited with error: exit status 1',
    ],
    [
      "void Promise.reject(new Error('late')); await new Promise(() => {})",
      'Runtime exited with error: exit status 1',
    ],
  ])(
    'that does %s fails with Runtime.ExitError, and the next invocation begins anew',
    async (work, reason) => {
      const invoke = await serve(
        `let count = 0; export const handler = async (event) => { count++; if (event.die) { ${work} } return count; };`,
      );
      await invoke({});
      const result = await invoke({ die: true });
      const { requestId } = (await logged('START', 2))[1] ?? {};
      expect(result).toEqual({
        ok: false,
        error: { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` },
      });
      if (work.includes('late')) await logged('Error: late');
      await expect(invoke({})).resolves.toEqual({ ok: true, payload: 1 });
    },
  );

  test('that needs more memory than it has fails with Runtime.OutOfMemory', async () => {
    const invoke = await serve(
      'export const handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill(all)); };',
      { memoryMb: 32 },
    );
    const result = await invoke();
    const { requestId } = (await logged('START'))[0] ?? {};
    expect(result).toEqual({
      ok: false,
      error: {
        errorType: 'Runtime.OutOfMemory',
        errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
      },
    });
  });

  test('that leaves something over to fail later loses its environment after its own success', async () => {
    const invoke = await serve(`
      let count = 0;
      export const handler = async () => {
        setTimeout(() => { throw new Error('left over'); }, 1);
        return ++count;
      };`);
    for (const time of [1, 2]) {
      await expect(invoke()).resolves.toEqual({ ok: true, payload: 1 });
      await logged('Error: left over', time);
    }
  });

  test('whose environment dies of something left over, as the next invocation is sent to it, does not harm that one', async () => {
    // The block begins right behind the report of the result, so the next invocation finds the environment busy, and then gone.
    const invoke = await serve(`
      let count = 0;
      export const handler = async () => {
        void (async () => {
          for (let i = 0; i < 50; i++) await null;
          setImmediate(() => {
            for (const end = Date.now() + 100; Date.now() < end; );
            throw new Error('left over');
          });
        })();
        return ++count;
      };`);
    await expect(invoke()).resolves.toEqual({ ok: true, payload: 1 });
    await expect(invoke()).resolves.toEqual({ ok: true, payload: 1 });
    expect(lines.filter(({ text }) => text.includes('Error: left over'))).toHaveLength(1);
  });

  test('whose timers go on does not disturb the next invocation', async () => {
    const invoke = await serve(`
      export const handler = async (event) => {
        if (event === 'leaves') setInterval(() => console.log('tick'), 1);
        else while (!globalThis.isSeen) { await new Promise(setImmediate); globalThis.isSeen = event; }
        return event;
      };`);
    await invoke('leaves');
    await logged('tick');
    await expect(invoke('next')).resolves.toEqual({ ok: true, payload: 'next' });
  });
});

describe('a handler that cannot be loaded', () => {
  const cjs = 'exports.handler = async () => "cjs";';
  test.each([
    ['a thrown error', "throw new TypeError('bad setting');", {}, 'TypeError', 'bad setting'],
    [
      'a missing file',
      '',
      { handler: 'other.handler' },
      'Runtime.ImportModuleError',
      "Error: Cannot find module 'other'",
    ],
    [
      'a missing require',
      "require('not-there');",
      { file: 'index.cjs' },
      'Runtime.ImportModuleError',
      /Error: Cannot find module 'not-there'/,
    ],
    ['a missing import', "import 'not-there';", {}, 'Error', /Cannot find package 'not-there'/],
    ['bad syntax', 'export const = 1;', {}, 'Runtime.UserCodeSyntaxError', /^SyntaxError: /],
    [
      'a missing export',
      'export const other = 1;',
      {},
      'Runtime.HandlerNotFound',
      'index.handler is undefined or not exported',
    ],
    [
      'an export of another type',
      'export const handler = 1;',
      {},
      'Runtime.HandlerNotFound',
      'index.handler is not a function',
    ],
    [
      'a handler with callback',
      'export const handler = (event, context, callback) => callback(null, 1);',
      {},
      'Runtime.CallbackHandlerDeprecated',
      /removed support for callback-based function handlers/,
    ],
    [
      'a name without export',
      cjs,
      { handler: 'index' },
      'Runtime.MalformedHandlerName',
      "'index' is not a valid handler name.",
    ],
    [
      'a name that leaves the folder',
      cjs,
      { handler: '../index.handler' },
      'Runtime.MalformedHandlerName',
      "'../index.handler' is not a valid handler name.",
    ],
    ['an exit', 'process.exit(2);', {}, 'Runtime.ExitError', /Runtime exited with error: exit status 2/],
  ])('because of %s fails each invocation', async (_, source, settings, errorType, message) => {
    const invoke = await serve(source, settings);
    for (let i = 0; i < 2; i++) {
      await expect(invoke()).resolves.toMatchObject({
        ok: false,
        error: {
          errorType,
          errorMessage: typeof message === 'string' ? message : expect.stringMatching(message),
        },
      });
    }
  });

  test.each([
    ['index.cjs', cjs, 'index.handler', 'cjs'],
    ['index.js', 'export const routes = { create: () => "nested" };', 'index.routes.create', 'nested'],
    ['index.mjs', 'export default { handler: () => "default" };', 'index.handler', 'default'],
  ])('is none of these: %s with %s', async (file, source, handler, payload) => {
    const invoke = await serve(source, { file, handler });
    await expect(invoke()).resolves.toEqual({ ok: true, payload });
  });

  test('is none of these: a file in a folder of the bundle', async () => {
    const invoke = await serve('export const handler = async () => "nested";', {
      file: 'nested/index.mjs',
      handler: 'nested/index.handler',
    });
    await expect(invoke()).resolves.toEqual({ ok: true, payload: 'nested' });
  });
});

describe('limits', () => {
  test('a request may have 6,291,456 bytes and not one more', async () => {
    const invoke = await serve('export const handler = async (event) => event.length;');
    await expect(invoke('x'.repeat(6_291_454))).resolves.toEqual({ ok: true, payload: 6_291_454 });
    await expect(invoke('x'.repeat(6_291_455))).resolves.toEqual({
      ok: false,
      error: {
        errorType: 'RequestEntityTooLargeException',
        errorMessage: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
      },
    });
  });

  test('a response may have 6,291,556 bytes and not one more', async () => {
    const invoke = await serve("export const handler = async (length) => 'x'.repeat(length);");
    await expect(invoke(6_291_554)).resolves.toMatchObject({ ok: true });
    await expect(invoke(6_291_555)).resolves.toEqual({
      ok: false,
      error: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    });
  });
});

describe('an abort', () => {
  test('ends the waiting at once; the function runs on and its environment serves the next invocation', async () => {
    const invoke = await serve(`
      let count = 0;
      export const handler = async (event) => {
        count++;
        if (event.ms) await new Promise((resolve) => setTimeout(resolve, event.ms));
        console.log('done');
        return count;
      };`);
    await invoke({});
    const controller = new AbortController();
    const result = invoke({ ms: 100 }, controller.signal);
    await logged('START', 2);
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    await logged('done', 2);
    await logged('REPORT', 2);
    // The line is written in the turn in which the environment becomes idle.
    await new Promise(setImmediate);
    await expect(invoke({})).resolves.toEqual({ ok: true, payload: 3 });
  });

  test('that has come before makes no invocation', async () => {
    const invoke = await serve('export const handler = async () => 1;');
    await expect(invoke({}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(lines).toEqual([]);
  });
});

describe('close', () => {
  test('rejects what runs and what comes later with LambdaClosedError', async () => {
    const invoke = await serve('export const handler = () => new Promise(() => {});');
    const running = invoke();
    const closed = expect.objectContaining({ name: 'LambdaClosedError', functionArn: arnOf('Orders') });
    await logged('START');
    await Promise.all([expect(running).rejects.toEqual(closed), lambda.close()]);
    await expect(invoke()).rejects.toEqual(closed);
  });
});
