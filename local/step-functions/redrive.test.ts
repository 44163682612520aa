import { RedriveExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { createGate, errorNamed, functionArn, serveStepFunctions } from './serve-for-test.ts';

const only = (state: object, name = 'A') => ({ StartAt: name, States: { [name]: state } });
const task = (name: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: functionArn(name),
  ...fields,
});
const broken = () => {
  throw errorNamed('Broken');
};

type Service = Awaited<ReturnType<typeof serveStepFunctions>>;
const redrive = (service: Service, executionArn: string, clientToken?: string) =>
  service.client.send(new RedriveExecutionCommand({ executionArn, ...(clientToken && { clientToken }) }));

test('a redrive runs the state that failed again, and none that succeeded', async () => {
  let isRepaired = false;
  await using service = await serveStepFunctions({
    definitions: {
      order: {
        StartAt: 'A',
        States: { A: task('a', { Next: 'B' }), B: task('b', { Next: 'C' }), C: task('c') },
      },
    },
    functions: { a: () => ({ a: 1 }), b: () => isRepaired || broken(), c: () => 'end' },
  });
  const arn = await service.start('order');
  const failed = await service.ended(arn);
  expect(failed).toMatchObject({
    status: 'FAILED',
    error: 'Broken',
    redriveCount: 0,
    redriveStatus: 'REDRIVABLE',
  });
  const before = await service.history(arn);

  isRepaired = true;
  const { redriveDate } = await redrive(service, arn);
  const ended = await service.ended(arn);
  expect(ended).toMatchObject({
    ...{ executionArn: arn, status: 'SUCCEEDED', output: '"end"', redriveCount: 1, redriveDate },
    ...{ startDate: failed.startDate, redriveStatus: 'NOT_REDRIVABLE' },
    redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
  });
  expect(ended.error).toBeUndefined();
  expect(service.lambda.calls).toEqual([
    { name: 'a', payload: {} },
    { name: 'b', payload: { a: 1 } },
    { name: 'b', payload: { a: 1 } },
    { name: 'c', payload: true },
  ]);

  const after = await service.history(arn);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length, before.length + 3)).toMatchObject([
    {
      type: 'ExecutionRedriven',
      previousEventId: before.length,
      executionRedrivenEventDetails: { redriveCount: 1 },
    },
    { type: 'LambdaFunctionScheduled', previousEventId: before.length + 1 },
    { type: 'LambdaFunctionStarted' },
  ]);
  expect(
    service.events().map(({ detail }) => [detail.status, detail.redriveCount, detail.redriveDate]),
  ).toEqual([
    ['RUNNING', 0, null],
    ['FAILED', 0, null],
    ['RUNNING', 1, Number(redriveDate)],
    ['SUCCEEDED', 1, Number(redriveDate)],
  ]);
});

test('only the branches and iterations that failed or were cut off run again', async () => {
  let isRepaired = false;
  const forever = createGate();
  await using service = await serveStepFunctions({
    definitions: {
      parallel: only({
        ...{ Type: 'Parallel', End: true },
        Branches: [only(task('done'), 'X'), only(task('fails'), 'Y'), only(task('cutOff'), 'Z')],
      }),
      map: only({
        Type: 'Map',
        ItemProcessor: { StartAt: 'X', States: { X: task('done', { Next: 'Y' }), Y: task('fails') } },
        End: true,
      }),
    },
    functions: {
      done: (input) => input,
      fails: async (input: unknown) => {
        await until(() => isRepaired || service.lambda.count('done') >= 1);
        return isRepaired || input === 2 ? input : broken();
      },
      cutOff: () => (isRepaired ? 'cut off' : forever.pass()),
    },
  });
  const arn = await service.start('parallel', 1);
  await service.ended(arn);
  isRepaired = true;
  await redrive(service, arn);
  expect((await service.ended(arn)).output).toBe('[1,1,"cut off"]');
  expect(service.lambda.count('done')).toBe(1);
  expect(service.lambda.count('fails')).toBe(2);

  isRepaired = false;
  const mapArn = await service.start('map', [1, 2]);
  await service.ended(mapArn);
  isRepaired = true;
  await redrive(service, mapArn);
  expect((await service.ended(mapArn)).output).toBe('[1,2]');
  expect(service.lambda.count('done')).toBe(3);
});

test('attempts of Retry count from zero again', async () => {
  await using service = await serveStepFunctions({
    definitions: {
      order: only(
        task('f', {
          Parameters: { 'n.$': '$$.State.RetryCount' },
          Retry: [{ ErrorEquals: ['Broken'], IntervalSeconds: 1, MaxAttempts: 1 }],
          End: true,
        }),
      ),
    },
    functions: { f: (_, call) => (call < 3 ? broken() : 'done') },
  });
  const arn = await service.start('order');
  await service.ended(arn);
  await redrive(service, arn);
  expect((await service.ended(arn)).output).toBe('"done"');
  expect(service.lambda.calls.map(({ payload }) => payload)).toEqual([
    { n: 0 },
    { n: 1 },
    { n: 0 },
    { n: 1 },
  ]);
});

describe('what failed otherwise', () => {
  test('a stopped execution continues, with a Wait begun again', async () => {
    await using service = await serveStepFunctions({
      definitions: { wait: only({ Type: 'Wait', Seconds: 3600, End: true }) },
    });
    const executionArn = await service.start('wait');
    await service.client.send(new StopExecutionCommand({ executionArn, error: 'E', cause: 'c' }));
    expect(await service.describe(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'E',
      cause: 'c',
      redriveStatus: 'REDRIVABLE',
    });
    await redrive(service, executionArn);
    expect(await service.describe(executionArn)).toMatchObject({ status: 'RUNNING', redriveCount: 1 });
    expect(service.runningCount()).toBe(1);
  });

  test('an execution that ran out of time gets that time again', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: { late: { ...only(task('f')), TimeoutSeconds: 1 } },
      functions: { f: (_, call) => (call === 0 ? gate.pass() : 'in time') },
    });
    const arn = await service.start('late');
    expect(await service.ended(arn)).toMatchObject({ status: 'TIMED_OUT', redriveStatus: 'REDRIVABLE' });
    await redrive(service, arn);
    expect((await service.ended(arn)).output).toBe('"in time"');
  });

  test('a Fail fails again, and a Choice chooses again', async () => {
    const choice = {
      Type: 'Choice',
      Choices: [{ Variable: '$.none', NumericEquals: 1, Next: 'B' }],
      Default: 'B',
    };
    await using service = await serveStepFunctions({
      definitions: {
        fail: only({ Type: 'Fail', Error: 'E' }),
        choice: { StartAt: 'A', States: { A: choice, B: { Type: 'Succeed' } } },
      },
    });
    for (const [machine, error] of [
      ['fail', 'E'],
      ['choice', 'States.Runtime'],
    ] as const) {
      const arn = await service.start(machine);
      await service.ended(arn);
      await redrive(service, arn);
      expect(await service.ended(arn)).toMatchObject({ status: 'FAILED', error, redriveCount: 1 });
      expect((await service.history(arn)).map(({ type }) => type).slice(2)).toEqual([
        ...['ExecutionFailed', 'ExecutionRedriven', 'ExecutionFailed'],
      ]);
    }
  });

  test('branches run again after an output over 256 KiB', async () => {
    await using service = await serveStepFunctions({
      definitions: {
        large: only({ Type: 'Parallel', Branches: [only(task('f'), 'X'), only(task('f'), 'Y')], End: true }),
      },
      functions: { f: (_, call) => 'x'.repeat(call < 2 ? 200_000 : 1) },
    });
    const arn = await service.start('large');
    expect(await service.ended(arn)).toMatchObject({ error: 'States.DataLimitExceeded' });
    await redrive(service, arn);
    expect((await service.ended(arn)).output).toBe('["x","x"]');
  });

  test('a redriven execution survives a restart', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: { order: { StartAt: 'A', States: { A: task('a', { Next: 'B' }), B: task('b') } } },
      functions: { a: () => 1, b: (_, call) => [broken, gate.pass, () => 'end'][call]?.() },
    });
    const arn = await service.start('order');
    await service.ended(arn);
    await redrive(service, arn);
    await until(() => service.lambda.count('b') === 2);
    await service.restart();
    expect(await service.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '"end"', redriveCount: 1 });
    expect(service.lambda.count('a')).toBe(1);
  });
});

describe('what cannot be redriven', () => {
  const rejections: [string, string, string][] = [
    [
      'has succeeded',
      "UPDATE sfn_execution SET status = 'SUCCEEDED'",
      'Execution is SUCCEEDED and cannot be redriven',
    ],
    [
      'is running',
      "UPDATE sfn_execution SET status = 'RUNNING'",
      'Execution is RUNNING and cannot be redriven',
    ],
    [
      'ended over 14 days ago',
      'UPDATE sfn_execution SET stopMs = stopMs - 15 * 86400000',
      'Execution redrivable period exceeded',
    ],
    [
      'was started over a year ago',
      'UPDATE sfn_execution SET startMs = startMs - 366 * 86400000',
      'Execution has exceeded the max execution time',
    ],
    [
      'has too long a history',
      "INSERT INTO sfn_event SELECT id, 24999, '{}' FROM sfn_execution",
      'Execution history event limit exceeded',
    ],
  ];
  test.each(rejections)('an execution that %s is rejected', async (_, sql, reason) => {
    await using service = await serveStepFunctions({ definitions: { fail: only({ Type: 'Fail' }) } });
    const arn = await service.start('fail');
    await service.ended(arn);
    service.database().exec(sql);
    await expect(redrive(service, arn)).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
      message: reason,
    });
    expect(await service.describe(arn)).toMatchObject({
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: reason,
    });
  });
});

test('a repeated request with the same token gets the response of the first one', async () => {
  await using service = await serveStepFunctions({ definitions: { fail: only({ Type: 'Fail' }) } });
  const arn = await service.start('fail');
  await service.ended(arn);
  const first = await redrive(service, arn, 'token');
  await service.ended(arn);
  expect((await redrive(service, arn, 'token')).redriveDate).toEqual(first.redriveDate);
  expect((await service.describe(arn)).redriveCount).toBe(1);
  await redrive(service, arn, 'another');
  expect((await service.ended(arn)).redriveCount).toBe(2);
});
