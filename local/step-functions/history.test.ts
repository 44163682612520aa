import { GetExecutionHistoryCommand, type HistoryEvent, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { errorNamed, functionArn, serveStepFunctions } from './serve-for-test.ts';

const task = (name: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: functionArn(name),
  ...fields,
});
const only = (state: object, name: string) => ({ StartAt: name, States: { [name]: state } });
const pass = { Type: 'Pass', End: true };
const failing = { Type: 'Fail', Error: 'Bad', Cause: 'why' };
const caught = [{ ErrorEquals: ['States.ALL'], Next: 'Done' }];
const retried = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }];

const definitions = {
  pass: only(pass, 'A'),
  task: {
    StartAt: 'A',
    States: { A: task('echo', { TimeoutSeconds: 5, Next: 'Done' }), Done: { Type: 'Succeed' } },
  },
  caught: {
    StartAt: 'A',
    States: { A: task('bad', { End: true, Catch: caught, Retry: retried }), Done: pass },
  },
  failed: only(task('bad'), 'A'),
  'timed out': only(task('forever', { TimeoutSeconds: 1, End: true }), 'A'),
  wait: only({ Type: 'Wait', Seconds: 3600, End: true }, 'A'),
  fail: only({ Type: 'Fail' }, 'A'),
  parallel: {
    StartAt: 'P',
    States: {
      P: { Type: 'Parallel', Branches: [only(task('first'), 'A'), only(task('second'), 'B')], Next: 'Done' },
      Done: pass,
    },
  },
  'parallel failed': only(
    { Type: 'Parallel', Branches: [only(task('forever'), 'A'), only(task('bad'), 'B')], End: true },
    'P',
  ),
  map: only({ Type: 'Map', MaxConcurrency: 1, ItemProcessor: only(pass, 'A'), End: true }, 'M'),
  'map caught': {
    StartAt: 'M',
    States: {
      M: { Type: 'Map', ItemProcessor: only(failing, 'A'), End: true, Catch: caught, Retry: retried },
      Done: pass,
    },
  },
  'map of many': only({ Type: 'Map', ItemProcessor: only(task('secondFails'), 'A'), End: true }, 'M'),
};

/** Events in one line each: id, id of the previous event, type, and details. */
function lines(events: HistoryEvent[]): string[] {
  return events.map((event) => {
    const { id, previousEventId, type, timestamp: _, ...rest } = event;
    const [details = {}] = Object.values(rest) as Record<string, unknown>[];
    const { name, index, length, error, cause, output } = details;
    const shown = [name, index, length, error, cause, output].filter((value) => value !== undefined);
    return [`${id}[${previousEventId}]`, type, ...shown].join(' ');
  });
}

let service: Awaited<ReturnType<typeof serveStepFunctions>>;
let letFirst: (value: unknown) => void = () => undefined;
beforeAll(async () => {
  service = await serveStepFunctions({
    definitions,
    functions: {
      echo: (payload) => payload,
      bad: () => {
        throw errorNamed('Bad', 'why');
      },
      forever: () => new Promise(() => undefined),
      first: () => new Promise((resolve) => (letFirst = resolve)),
      second: () => 2,
      secondFails: (index: number) => {
        if (index === 1) throw errorNamed('Bad', 'why');
        return new Promise(() => undefined);
      },
    },
  });
});
afterAll(() => service[Symbol.asyncDispose]());

async function historyOf(machine: keyof typeof definitions, input: unknown = {}): Promise<string[]> {
  const arn = await service.start(machine, input);
  await service.ended(arn);
  return lines(await service.history(arn));
}
const cause = '{"errorType":"Bad","errorMessage":"why","trace":["at the test"]}';

/**
 * Where a chain was recorded from AWS, in the snapshots that docs/aws-behavior.md names, it is that
 * chain.
 */
describe('the history is the chain of events of AWS', () => {
  test('of a Pass state', async () => {
    expect(await historyOf('pass')).toEqual([
      '1[0] ExecutionStarted',
      '2[0] PassStateEntered A',
      '3[2] PassStateExited A {}',
      '4[3] ExecutionSucceeded {}',
    ]);
  });

  test('of a Task', async () => {
    expect(await historyOf('task', { a: 1 })).toEqual([
      '1[0] ExecutionStarted',
      '2[0] TaskStateEntered A',
      '3[2] LambdaFunctionScheduled',
      '4[3] LambdaFunctionStarted',
      '5[4] LambdaFunctionSucceeded {"a":1}',
      '6[5] TaskStateExited A {"a":1}',
      '7[6] SucceedStateEntered Done',
      '8[7] SucceedStateExited Done {"a":1}',
      '9[8] ExecutionSucceeded {"a":1}',
    ]);
  });

  test.concurrent('of a Task that is retried and then caught', async () => {
    const output = JSON.stringify({ Error: 'Bad', Cause: cause });
    expect(await historyOf('caught')).toEqual([
      '1[0] ExecutionStarted',
      '2[0] TaskStateEntered A',
      '3[2] LambdaFunctionScheduled',
      '4[3] LambdaFunctionStarted',
      `5[4] LambdaFunctionFailed Bad ${cause}`,
      '6[5] LambdaFunctionScheduled',
      '7[6] LambdaFunctionStarted',
      `8[7] LambdaFunctionFailed Bad ${cause}`,
      `9[8] TaskStateExited A ${output}`,
      '10[9] PassStateEntered Done',
      `11[10] PassStateExited Done ${output}`,
      `12[11] ExecutionSucceeded ${output}`,
    ]);
  });

  test('of a Task that fails', async () => {
    expect((await historyOf('failed')).slice(4)).toEqual([
      `5[4] LambdaFunctionFailed Bad ${cause}`,
      `6[5] ExecutionFailed Bad ${cause}`,
    ]);
  });

  test.concurrent('of a Task that runs out of time', async () => {
    expect((await historyOf('timed out')).slice(4)).toEqual([
      '5[4] LambdaFunctionTimedOut States.Timeout',
      '6[5] ExecutionFailed States.Timeout',
    ]);
  });

  test('of a Fail without Error', async () => {
    expect((await historyOf('fail')).slice(1)).toEqual(['2[0] FailStateEntered A', '3[2] ExecutionFailed']);
  });

  test('of an execution that is stopped', async () => {
    const executionArn = await service.start('wait');
    await service.client.send(
      new StopExecutionCommand({ executionArn, error: 'Cancelled', cause: 'by the owner' }),
    );
    expect(lines(await service.history(executionArn)).slice(1)).toEqual([
      '2[0] WaitStateEntered A',
      '3[0] ExecutionAborted Cancelled by the owner',
    ]);
  });

  test('of a Parallel, whose exit follows the branch that was last', async () => {
    const arn = await service.start('parallel');
    await until(async () => (await service.history(arn)).some(({ type }) => type === 'TaskStateExited'));
    letFirst(1);
    await service.ended(arn);
    expect(lines(await service.history(arn)).slice(1)).toEqual([
      '2[0] ParallelStateEntered P',
      '3[2] ParallelStateStarted',
      '4[3] TaskStateEntered A',
      '5[3] TaskStateEntered B',
      '6[4] LambdaFunctionScheduled',
      '7[6] LambdaFunctionStarted',
      '8[5] LambdaFunctionScheduled',
      '9[8] LambdaFunctionStarted',
      '10[9] LambdaFunctionSucceeded 2',
      '11[10] TaskStateExited B 2',
      '12[7] LambdaFunctionSucceeded 1',
      '13[12] TaskStateExited A 1',
      '14[13] ParallelStateSucceeded',
      '15[13] ParallelStateExited P [1,2]',
      '16[15] PassStateEntered Done',
      '17[16] PassStateExited Done [1,2]',
      '18[17] ExecutionSucceeded [1,2]',
    ]);
  });

  test('of a Parallel of which a branch fails', async () => {
    expect((await historyOf('parallel failed')).slice(9)).toEqual([
      `10[9] LambdaFunctionFailed Bad ${cause}`,
      '11[10] TaskStateAborted',
      '12[10] ParallelStateFailed',
      `13[12] ExecutionFailed Bad ${cause}`,
    ]);
  });

  test('of a Map that runs one item after the other', async () => {
    expect((await historyOf('map', ['a', 'b'])).slice(1)).toEqual([
      '2[0] MapStateEntered M',
      '3[2] MapStateStarted 2',
      '4[3] MapIterationStarted M 0',
      '5[4] PassStateEntered A',
      '6[5] PassStateExited A "a"',
      '7[6] MapIterationSucceeded M 0',
      '8[6] MapIterationStarted M 1',
      '9[8] PassStateEntered A',
      '10[9] PassStateExited A "b"',
      '11[10] MapIterationSucceeded M 1',
      '12[11] MapStateSucceeded',
      '13[11] MapStateExited M ["a","b"]',
      '14[13] ExecutionSucceeded ["a","b"]',
    ]);
  });

  test.concurrent('of a Map that is retried and then caught', async () => {
    const output = '{"Error":"Bad","Cause":"why"}';
    expect((await historyOf('map caught', [1])).slice(1)).toEqual([
      '2[0] MapStateEntered M',
      '3[2] MapStateStarted 1',
      '4[3] MapIterationStarted M 0',
      '5[4] FailStateEntered A',
      '6[5] MapIterationFailed M 0',
      '7[5] MapStateStarted 1',
      '8[7] MapIterationStarted M 0',
      '9[8] FailStateEntered A',
      '10[9] MapIterationFailed M 0',
      '11[9] MapStateFailed',
      `12[11] MapStateExited M ${output}`,
      '13[12] PassStateEntered Done',
      `14[13] PassStateExited Done ${output}`,
      `15[14] ExecutionSucceeded ${output}`,
    ]);
  });

  test('of a Map of which an iteration fails while others run', async () => {
    const history = await historyOf('map of many', [0, 1, 2]);
    const failure = history.findIndex((line) => line.includes('LambdaFunctionFailed'));
    const failed = failure + 1;
    expect(history.slice(failure + 1)).toEqual([
      `${failed + 1}[${failed}] MapIterationFailed M 1`,
      `${failed + 2}[${failed}] TaskStateAborted`,
      `${failed + 3}[${failed}] MapIterationAborted M 0`,
      `${failed + 4}[${failed}] TaskStateAborted`,
      `${failed + 5}[${failed}] MapIterationAborted M 2`,
      `${failed + 6}[${failed}] MapStateFailed`,
      `${failed + 7}[${failed + 6}] ExecutionFailed Bad ${cause}`,
    ]);
  });
});

test('details have the names, the JSON text and the times of the API', async () => {
  const arn = await service.start('task', { a: 'ü' });
  await service.ended(arn);
  const [started, entered, scheduled, begun] = await service.history(arn);
  const data = { input: '{"a":"ü"}', inputDetails: { truncated: false } };
  expect(started).toMatchObject({
    executionStartedEventDetails: { ...data, roleArn: 'arn:aws:iam::000000000000:role/Machine' },
  });
  expect(entered).toMatchObject({ stateEnteredEventDetails: { ...data, name: 'A' } });
  expect(scheduled).toMatchObject({
    lambdaFunctionScheduledEventDetails: { ...data, resource: functionArn('echo'), timeoutInSeconds: 5 },
  });
  expect(Object.keys(begun ?? {}).sort()).toEqual(['id', 'previousEventId', 'timestamp', 'type']);
  expect(Math.abs(Number(started?.timestamp) - Date.now())).toBeLessThan(60_000);
});

test('the history comes in pages, in both directions, and without data on demand', async () => {
  const executionArn = await service.start('task', { a: 1 });
  await service.ended(executionArn);
  for (const reverseOrder of [false, true]) {
    const ids: (number | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await service.client.send(
        new GetExecutionHistoryCommand({
          executionArn,
          maxResults: 4,
          reverseOrder,
          ...(nextToken && { nextToken }),
        }),
      );
      expect(page.events?.length).toBeLessThanOrEqual(4);
      ids.push(...(page.events ?? []).map(({ id }) => id));
      nextToken = page.nextToken;
    } while (nextToken);
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(ids).toEqual(reverseOrder ? all.reverse() : all);
  }
  const { events = [] } = await service.client.send(
    new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }),
  );
  expect(events[1]?.stateEnteredEventDetails).toEqual({ name: 'A', inputDetails: { truncated: false } });
  expect(JSON.stringify(events)).not.toContain('\\"a\\"');
});
