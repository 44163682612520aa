import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { createGate, errorNamed, functionArn, serveStepFunctions } from './serve-for-test.ts';

const only = (state: object, name = 'A') => ({ StartAt: name, States: { [name]: state } });
const task = (name: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: functionArn(name),
  ...fields,
});

describe('after a restart', () => {
  test('an execution continues behind the Task that was done, and calls the one that was under way again', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: {
        order: {
          StartAt: 'A',
          States: { A: task('done', { Next: 'B' }), B: task('underWay', { ResultPath: '$.b', End: true }) },
        },
      },
      functions: { done: () => ({ a: 1 }), underWay: (_, call) => (call === 0 ? gate.pass() : 'second') },
    });
    const arn = await service.start('order');
    await until(() => service.lambda.count('underWay') === 1);
    const before = await service.history(arn);
    await service.restart();
    expect(service.runningCount()).toBe(1);
    const { output } = await service.ended(arn);
    expect(JSON.parse(String(output))).toEqual({ a: 1, b: 'second' });
    expect(service.lambda.count('done')).toBe(1);
    expect(service.lambda.calls.at(-1)).toEqual(service.lambda.calls.at(-2));
    const after = await service.history(arn);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.slice(before.length).map(({ type }) => type)).toEqual([
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(service.runningCount()).toBe(0);
    expect(service.events().map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  test('attempts that failed are not made again', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: {
        order: only(
          task('flaky', { Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 1, MaxAttempts: 1 }], End: true }),
        ),
      },
      functions: {
        flaky(_, call) {
          if (call === 1) return gate.pass();
          throw errorNamed('E', `call ${call}`);
        },
      },
    });
    const arn = await service.start('order');
    await until(() => service.lambda.count('flaky') === 2);
    await service.restart();
    expect(await service.ended(arn)).toMatchObject({
      status: 'FAILED',
      error: 'E',
      cause: expect.stringContaining('call 2'),
    });
    expect(service.lambda.count('flaky')).toBe(3);
  });

  test('an attempt that failed before the crash is not made again in the interval after it', async () => {
    const rule = { ErrorEquals: ['E'], IntervalSeconds: 3600 };
    await using service = await serveStepFunctions({
      definitions: {
        order: only(task('f', { Retry: [rule], End: true })),
        pass: only({ Type: 'Pass', End: true }),
      },
      functions: {
        f() {
          throw errorNamed('E');
        },
      },
    });
    const arn = await service.start('order');
    await until(async () => (await service.history(arn)).at(-1)?.type === 'LambdaFunctionFailed');
    await service.restart();
    await service.run('pass');
    expect(service.runningCount()).toBe(1);
    expect(service.lambda.count('f')).toBe(1);
  });

  test('a Wait continues until the time that it had, and is not begun again', async () => {
    const wait = { Type: 'Wait', Seconds: 3600, End: true };
    await using service = await serveStepFunctions({ definitions: { wait: only(wait) } });
    const arn = await service.start('wait');
    await until(async () => (await service.history(arn)).length === 2);
    service
      .database()
      .exec(
        "UPDATE sfn_frame SET frame = json_set(frame, '$.waitUntilMs', json_extract(frame, '$.waitUntilMs') - 3600000)",
      );
    await service.restart();
    expect(await service.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await service.history(arn)).map(({ type }) => type)).toEqual([
      ...['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded'],
    ]);
  });

  test('branches and iterations that were done stay done', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: {
        order: only({ Type: 'Map', ItemProcessor: only(task('item'), 'I'), End: true }),
      },
      functions: { item: (item: number, call) => (item === 1 && call < 3 ? gate.pass() : item * 10) },
    });
    const arn = await service.start('order', [0, 1, 2]);
    await until(
      async () =>
        (await service.history(arn)).filter(({ type }) => type === 'MapIterationSucceeded').length === 2,
    );
    await service.restart();
    expect((await service.ended(arn)).output).toBe('[0,10,20]');
    expect(service.lambda.calls.map(({ payload }) => payload)).toEqual([0, 1, 2, 1]);
  });

  test('the frames of completed branches are deleted', async () => {
    const gate = createGate();
    const map = { Type: 'Map', ItemProcessor: only(task('f'), 'I'), Next: 'B' };
    await using service = await serveStepFunctions({
      definitions: { order: { StartAt: 'A', States: { A: map, B: task('gate') } } },
      functions: { f: (item) => item, gate: () => gate.pass() },
    });
    await service.start('order', [1, 2]);
    await until(() => service.lambda.count('gate') === 1);
    expect(service.database().prepare('SELECT path FROM sfn_frame').all()).toEqual([{ path: '/' }]);
  });

  test('an execution continues with the definition that it was started with', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: { order: { StartAt: 'A', States: { A: task('a', { Next: 'B' }), B: task('old') } } },
      functions: { a: (_, call) => call === 0 && gate.pass(), old: () => 'old', new: () => 'new' },
    });
    const arn = await service.start('order');
    await until(() => service.lambda.count('a') === 1);
    await service.restart({ order: only(task('new')) });
    expect((await service.ended(arn)).output).toBe('"old"');
    expect(await service.run('order')).toBe('new');
  });

  test('a time-out of the execution is that of its start', async () => {
    await using service = await serveStepFunctions({
      definitions: { late: { ...only({ Type: 'Wait', Seconds: 3600, End: true }), TimeoutSeconds: 60 } },
    });
    const arn = await service.start('late');
    service.database().exec('UPDATE sfn_execution SET startMs = startMs - 60000');
    await service.restart();
    expect(await service.ended(arn)).toMatchObject({ status: 'TIMED_OUT' });
    expect((await service.history(arn)).at(-1)).toMatchObject({
      type: 'ExecutionTimedOut',
      executionTimedOutEventDetails: { error: 'States.Timeout' },
    });
  });

  test('what has ended is over', async () => {
    await using service = await serveStepFunctions({
      definitions: {
        pass: only({ Type: 'Pass', End: true }),
        wait: only({ Type: 'Wait', Seconds: 3600, End: true }),
      },
    });
    await service.run('pass');
    await service.client.send(new StopExecutionCommand({ executionArn: await service.start('wait') }));
    await service.restart();
    expect(service.runningCount()).toBe(0);
    expect(service.events().length).toBe(4);
  });

  test('executions that ended 90 days ago are forgotten, and their names are free again', async () => {
    await using service = await serveStepFunctions({
      definitions: { pass: only({ Type: 'Pass', End: true }) },
    });
    const arn = await service.start('pass', {}, 'name');
    await service.ended(arn);
    service.database().exec('UPDATE sfn_execution SET stopMs = stopMs - 91 * 86400000');
    await service.restart();
    await expect(service.describe(arn)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    expect(service.database().prepare('SELECT count(*) AS n FROM sfn_event').get()?.n).toBe(0);
    expect(await service.start('pass', {}, 'name')).toBe(arn);
  });
});

test('an invocation that the closing of Lambda cut off is made again, and has not failed', async () => {
  await using service = await serveStepFunctions({
    definitions: { order: only(task('f')) },
    functions: {
      f(_, call) {
        if (call === 0) throw errorNamed('LambdaClosedError');
        return 'done';
      },
    },
  });
  const arn = await service.start('order');
  await until(() => service.runningCount() === 0);
  expect((await service.describe(arn)).status).toBe('RUNNING');
  await service.restart();
  expect((await service.ended(arn)).output).toBe('"done"');
});
