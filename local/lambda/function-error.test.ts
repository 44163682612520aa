import { connect } from 'node:net';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ServedLambda, serveLambda } from './serve-for-test.ts';

let fixture: ServedLambda;
beforeEach(() => {
  fixture = serveLambda();
});
afterEach(() => fixture[Symbol.asyncDispose]());

describe('a failing function', () => {
  test('reports a thrown Error by its name, with its stack, and runs again in the same environment', async () => {
    const invoke = await fixture.serve(`
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
    await fixture.logged('Invoke Error');
    await expect(invoke()).resolves.toEqual({ ok: true, payload: 2 });
  });

  test('leaves a trace of short lines, in the log too, that name its own file', async () => {
    const invoke = await fixture.serve(
      'export const handler = async () => { throw new Error("no money"); };',
    );
    const result = await invoke();
    const trace = result.ok ? [] : (result.error.trace ?? []);
    expect(trace).toContainEqual(expect.stringMatching(/at .*handler \(file:.*\/index\.mjs:1:\d+\)/));
    for (const line of [...trace, ...fixture.lines.map(({ text }) => text)]) {
      expect(line.length).toBeLessThan(300);
    }
  });

  test('leaves a trace that names the lines of its sources, where NODE_OPTIONS asks for that', async () => {
    const source =
      'type Order = object;\n\nexport const handler = async (order: Order) => {\n  throw new Error("no");\n};';
    const { code } = transformSync(source, { loader: 'ts', sourcefile: 'orders.ts', sourcemap: 'inline' });
    const invoke = await fixture.serve(code, { environment: { NODE_OPTIONS: '--enable-source-maps' } });
    await expect(invoke()).resolves.toMatchObject({
      error: { trace: expect.arrayContaining([expect.stringMatching(/orders\.ts:4:9/)]) },
    });
  });

  test.each([
    ["'text'", { errorType: 'string', errorMessage: 'text', trace: [] }],
    ['{ a: 1 }', { errorType: 'object', errorMessage: '[object Object]', trace: [] }],
    ['undefined', { errorType: 'undefined', errorMessage: 'undefined', trace: [] }],
  ])('reports that %s was thrown by its type', async (thrown, error) => {
    const invoke = await fixture.serve(`export const handler = () => { throw ${thrown}; };`);
    await expect(invoke()).resolves.toEqual({ ok: false, error });
  });

  test.each(['1n', '(() => { const a = {}; a.a = a; return a; })()'])(
    'reports that %s is not JSON',
    async (value) => {
      const invoke = await fixture.serve(`export const handler = async () => ${value};`);
      await expect(invoke()).resolves.toMatchObject({
        ok: false,
        error: { errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body' },
      });
    },
  );

  test.each([
    ['waits for nothing', 'await new Promise(() => {})'],
    ['never stops computing', 'for (;;);'],
  ])('that %s is stopped when its time is up, and the next invocation begins again', async (_, work) => {
    const invoke = await fixture.serve(
      `let count = 0;
       export const handler = async (event) => { count++; if (event.stuck) { ${work} } return count; };`,
      { timeoutSeconds: 0.5 },
    );
    const result = await invoke({ stuck: true });
    const { requestId } = (await fixture.logged('START'))[0] ?? {};
    expect(result).toEqual({
      ok: false,
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: Task timed out after 0.50 seconds`,
      },
    });
    await expect(invoke({})).resolves.toEqual({ ok: true, payload: 1 });
  });

  test('that is stopped loses all that it holds open', async () => {
    const invoke = await fixture.serve(
      `import { createServer } from 'node:net';
       export const handler = () => new Promise(() => {
         const server = createServer().listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
       });`,
      { timeoutSeconds: 0.5 },
    );
    const result = invoke();
    const [line] = await fixture.logged('port');
    const socket = connect(Number(line?.text.slice(5)), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}).resume();
    await expect(result).resolves.toMatchObject({ error: { errorType: 'Sandbox.Timedout' } });
    await closed;
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
    'that does %s fails with Runtime.ExitError, and the next invocation begins again',
    async (work, reason) => {
      const invoke = await fixture.serve(
        `let count = 0; export const handler = async (event) => { count++; if (event.die) { ${work} } return count; };`,
      );
      await invoke({});
      const result = await invoke({ die: true });
      const { requestId } = (await fixture.logged('START', 2))[1] ?? {};
      expect(result).toEqual({
        ok: false,
        error: { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` },
      });
      if (work.includes('late')) await fixture.logged('Error: late');
      await expect(invoke({})).resolves.toEqual({ ok: true, payload: 1 });
    },
  );

  test('that needs more memory than it has fails with Runtime.OutOfMemory', async () => {
    // Buffers lie outside the heap, whose own limit would end the process in another way.
    const invoke = await fixture.serve(
      'export const handler = async () => { const all = []; for (;;) all.push(Buffer.alloc(1e6, 1)); };',
      { memoryMb: 32 },
    );
    const result = await invoke();
    const { requestId } = (await fixture.logged('START'))[0] ?? {};
    expect(result).toEqual({
      ok: false,
      error: {
        errorType: 'Runtime.OutOfMemory',
        errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
      },
    });
  });

  test('that leaves something over to fail later loses its environment after its own success', async () => {
    const invoke = await fixture.serve(`
      let count = 0;
      export const handler = async () => {
        setTimeout(() => { throw new Error('left over'); }, 1);
        return ++count;
      };`);
    for (const time of [1, 2]) {
      await expect(invoke()).resolves.toEqual({ ok: true, payload: 1 });
      await fixture.logged('Error: left over', time);
    }
  });

  test('whose environment dies of something left over, as the next invocation is sent to it, does not harm that one', async () => {
    // The block begins right behind the report of the result, so the next invocation finds the
    // environment busy, and then gone.
    const invoke = await fixture.serve(`
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
    expect(fixture.lines.filter(({ text }) => text.includes('Error: left over'))).toHaveLength(1);
  });

  test('whose timers continue does not disturb the next invocation', async () => {
    const invoke = await fixture.serve(`
      export const handler = async (event) => {
        if (event === 'leaves') setInterval(() => console.log('tick'), 1);
        else while (!globalThis.isSeen) { await new Promise(setImmediate); globalThis.isSeen = event; }
        return event;
      };`);
    await invoke('leaves');
    await fixture.logged('tick');
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
  ])('because of %s fails the invocation', async (_, source, settings, errorType, message) => {
    const invoke = await fixture.serve(source, settings);
    await expect(invoke()).resolves.toMatchObject({
      ok: false,
      error: {
        errorType,
        errorMessage: typeof message === 'string' ? message : expect.stringMatching(message),
      },
    });
  });

  test('is loaded again by the next invocation', async () => {
    const flag = join(fixture.folder, 'loaded-before');
    const invoke = await fixture.serve(
      `import { existsSync, writeFileSync } from 'node:fs';
       if (!existsSync(${JSON.stringify(flag)})) {
         writeFileSync(${JSON.stringify(flag)}, '');
         throw new Error('not yet');
       }
       export const handler = () => 'loaded';`,
    );
    await expect(invoke()).resolves.toMatchObject({ error: { errorMessage: 'not yet' } });
    await expect(invoke()).resolves.toEqual({ ok: true, payload: 'loaded' });
  });

  test.each([
    ['index.cjs', cjs, 'index.handler', 'cjs'],
    ['index.js', 'export const routes = { create: () => "nested" };', 'index.routes.create', 'nested'],
    ['index.mjs', 'export default { handler: () => "default" };', 'index.handler', 'default'],
  ])('is not among these: %s with %s', async (file, source, handler, payload) => {
    const invoke = await fixture.serve(source, { file, handler });
    await expect(invoke()).resolves.toEqual({ ok: true, payload });
  });

  test('is not among these: a file in a folder of the bundle', async () => {
    const invoke = await fixture.serve('export const handler = async () => "nested";', {
      file: 'nested/index.mjs',
      handler: 'nested/index.handler',
    });
    await expect(invoke()).resolves.toEqual({ ok: true, payload: 'nested' });
  });
});
