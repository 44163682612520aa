import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arnOf, type ServedLambda, serveLambda } from './serve-for-test.ts';

let fixture: ServedLambda;
beforeEach(() => {
  fixture = serveLambda();
});
afterEach(() => fixture[Symbol.asyncDispose]());

describe('a handler', () => {
  test('gets the event and returns a result, through JSON', async () => {
    const invoke = await fixture.serve('export const handler = async (event) => event;');
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

  test('gets {} without a payload, and returns null without a result', async () => {
    const invoke = await fixture.serve(
      'export const handler = (event) => void console.log(JSON.stringify(event));',
    );
    await expect(invoke()).resolves.toEqual({ ok: true, payload: null });
    await fixture.logged('{}');
  });

  test('gets the context that Lambda gives to Node.js 24', async () => {
    const invoke = await fixture.serve(
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
    const [start] = await fixture.logged('START');
    expect(start?.requestId).toBe(payload.awsRequestId);
  });

  test('runs under the request id that the caller gives', async () => {
    await fixture.serve('export const handler = async (event, { awsRequestId }) => awsRequestId;');
    await expect(fixture.lambda.invoke(arnOf('Orders'), {}, undefined, 'again')).resolves.toEqual({
      ok: true,
      payload: 'again',
    });
  });

  test('sees its own variables and those of Lambda, and nothing of the process that serves it', async () => {
    const invoke = await fixture.serve('export const handler = async () => process.env;', {
      environment: {
        BUCKET: 'data',
        AWS_REGION: 'elsewhere',
        AWS_ACCESS_KEY_ID: 'own',
        AWS_ENDPOINT_URL_DYNAMODB: 'https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com',
        TZ: 'Europe/Rome',
      },
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
        LAMBDA_TASK_ROOT: expect.stringContaining(fixture.folder),
        AWS_ACCESS_KEY_ID: 'key of arn:aws:iam::000000000000:role/Orders',
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false',
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

  test('is found by the ARN with $LATEST too; another ARN gets ResourceNotFoundException', async () => {
    await fixture.serve('export const handler = async () => 1;');
    await expect(fixture.lambda.invoke(`${arnOf('Orders')}:$LATEST`, {})).resolves.toEqual({
      ok: true,
      payload: 1,
    });
    await expect(fixture.lambda.invoke(arnOf('Other'), {})).resolves.toEqual({
      ok: false,
      error: {
        errorType: 'Lambda.ResourceNotFoundException',
        errorMessage: expect.stringContaining(`Function not found: ${arnOf('Other')}`),
      },
    });
  });
});

describe('an environment', () => {
  const counting = 'let count = 0; export const handler = async () => ++count;';

  test('is used again for the next invocation', async () => {
    const invoke = await fixture.serve(counting);
    expect([await invoke(), await invoke()]).toEqual([
      { ok: true, payload: 1 },
      { ok: true, payload: 2 },
    ]);
  });

  test('runs one invocation at a time; four run side by side, and the others in the order they came', async () => {
    const go = join(fixture.folder, 'go');
    const invoke = await fixture.serve(`
      import { existsSync } from 'node:fs';
      import { setTimeout } from 'node:timers/promises';
      let running = 0;
      export const handler = async (event) => {
        console.log('event ' + event);
        if (++running > 1) throw new Error('two at a time');
        while (!existsSync(${JSON.stringify(go)})) await setTimeout(5);
        running--;
        return process.pid;
      };`);
    const results = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((event) => invoke(event)));
    await fixture.logged('event', 4);
    expect(fixture.lines.filter(({ text }) => text.includes('START'))).toHaveLength(4);
    await writeFile(go, '');
    const processes = (await results).map((result) => (result.ok ? result.payload : result.error));
    expect(new Set(processes).size).toBe(4);
    const begun = (await fixture.logged('event', 8)).map(({ text }) => text);
    expect(begun.slice(0, 4).sort()).toEqual(['event 0', 'event 1', 'event 2', 'event 3']);
    expect(begun.slice(4).sort()).toEqual(['event 4', 'event 5', 'event 6', 'event 7']);
  });

  test('that is idle does not keep the process from ending', async () => {
    await fixture.serve(counting);
    const codeDir = await mkdtemp(join(fixture.folder, 'fn-'));
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

  test('separates its log by request, line by line, between the lines of Lambda', async () => {
    const invoke = await fixture.serve(`
      export const handler = async (event, { awsRequestId }) => {
        console.log('of %s', awsRequestId, { event });
        process.stderr.write('half ');
        process.stderr.write(Buffer.from('line\\nnext\\n'), () => console.log('written'));
        await new Promise(setImmediate);
      };`);
    await Promise.all([invoke(1), invoke(2)]);
    await invoke(3);
    const ids = new Set(fixture.lines.map(({ requestId }) => requestId));
    expect(ids.size).toBe(3);
    for (const id of ids) {
      const own = fixture.lines
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
            `^platform REPORT RequestId: ${id}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\tMax Memory Used: \\d+ MB`,
          ),
        ),
      ]);
    }
    // The second invocation may start another environment; the third one finds a warm one.
    const cold = fixture.lines.filter(({ text }) => text.includes('Init Duration'));
    expect(cold.map(({ requestId }) => requestId)).toContain([...ids][0]);
    expect(cold.map(({ requestId }) => requestId)).not.toContain([...ids][2]);
  });
});

describe('limits', () => {
  test('a request may have 6,291,456 bytes and not one more', async () => {
    const invoke = await fixture.serve('export const handler = async (event) => event.length;');
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
    const invoke = await fixture.serve("export const handler = async (length) => 'x'.repeat(length);");
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
    const invoke = await fixture.serve(`
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
    await fixture.logged('START', 2);
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    await fixture.logged('done', 2);
    await fixture.logged('REPORT', 2);
    // The line is written in the turn in which the environment becomes idle.
    await new Promise(setImmediate);
    await expect(invoke({})).resolves.toEqual({ ok: true, payload: 3 });
  });

  test('that has come before makes no invocation', async () => {
    const invoke = await fixture.serve('export const handler = async () => 1;');
    await expect(invoke({}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(fixture.lines).toEqual([]);
  });
});

describe('close', () => {
  test('rejects what runs and what comes later with LambdaClosedError', async () => {
    const invoke = await fixture.serve('export const handler = () => new Promise(() => {});');
    const running = invoke();
    const closed = expect.objectContaining({ name: 'LambdaClosedError', functionArn: arnOf('Orders') });
    await fixture.logged('START');
    await Promise.all([expect(running).rejects.toEqual(closed), fixture.lambda.close()]);
    await expect(invoke()).rejects.toEqual(closed);
  });
});
