import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { functionArn, machineArn, serveStepFunctions } from './serve-for-test.ts';

const only = (state: object) => ({ StartAt: 'A', States: { A: state } });
const pass = { Type: 'Pass', End: true };

const never = { output: null, outputDetails: null, error: null, cause: null };
const first = {
  stateMachineVersionArn: null,
  stateMachineAliasArn: null,
  redriveCount: 0,
  redriveDate: null,
};

test('each change of status is one event with every field of the documentation', async () => {
  await using service = await serveStepFunctions({ definitions: { order: only(pass) } });
  const executionArn = await service.start('order', { a: 'ü' }, 'name');
  const { startDate, stopDate } = await service.ended(executionArn);
  const common = {
    ...{ executionArn, stateMachineArn: machineArn('order'), name: 'name', ...first },
    ...{ startDate: Number(startDate), input: '{"a":"ü"}', inputDetails: { included: true } },
    redriveStatus: 'NOT_REDRIVABLE',
  };
  const event = {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [executionArn],
  };
  expect(service.events()).toEqual([
    {
      ...event,
      detail: {
        ...{ ...common, ...never, status: 'RUNNING', stopDate: null },
        redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
      },
    },
    {
      ...event,
      detail: {
        ...{ ...common, ...never, status: 'SUCCEEDED', stopDate: Number(stopDate) },
        ...{ output: '{"a":"ü"}', outputDetails: { included: true } },
        redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
      },
    },
  ]);
  expect(Number.isInteger(Number(startDate))).toBe(true);
});

test('an unsuccessful end has error and cause, and can be redriven', async () => {
  await using service = await serveStepFunctions({
    definitions: {
      failed: only({ Type: 'Fail', Error: 'E', Cause: 'c' }),
      late: { ...only({ Type: 'Wait', Seconds: 3600, End: true }), TimeoutSeconds: 1 },
      stopped: only({ Type: 'Wait', Seconds: 3600, End: true }),
    },
  });
  const late = await service.start('late');
  await service.run('failed');
  const executionArn = await service.start('stopped');
  await service.client.send(new StopExecutionCommand({ executionArn, error: 'Cancelled' }));
  await service.ended(late);
  const ends = service.events().flatMap(({ detail }) => (detail.status === 'RUNNING' ? [] : [detail]));
  const redrive = (status: string) => ({
    ...{
      status,
      redriveStatus: 'REDRIVABLE',
      redriveStatusReason: `Execution is ${status} and is redrivable`,
    },
    ...{ output: null, outputDetails: null },
  });
  expect(ends).toMatchObject([
    { ...redrive('FAILED'), error: 'E', cause: 'c' },
    { ...redrive('ABORTED'), error: 'Cancelled', cause: null },
    { ...redrive('TIMED_OUT'), error: 'States.Timeout', cause: null },
  ]);
});

test('data over 248 KiB are left out of the event, the input first', async () => {
  await using service = await serveStepFunctions({
    definitions: {
      both: only(pass),
      large: only({ Type: 'Task', Resource: functionArn('large'), End: true }),
    },
    functions: { large: () => 'x'.repeat(255_000) },
  });
  const half = 'x'.repeat(130_000);
  await service.run('both', half);
  await service.run('large', 1);
  const [, both, , large] = service.events().map(({ detail }) => detail);
  expect(both).toMatchObject({ input: null, inputDetails: { included: false } });
  expect(both).toMatchObject({ output: JSON.stringify(half), outputDetails: { included: true } });
  expect(large).toMatchObject({ input: '1', inputDetails: { included: true } });
  expect(large).toMatchObject({ output: null, outputDetails: { included: false } });
});

test('a status and its event are committed together or not at all', async () => {
  await using service = await serveStepFunctions({ definitions: { order: only(pass) } });
  service.database().exec('ALTER TABLE bus RENAME TO broken_bus');
  await expect(service.start('order', {}, 'name')).rejects.toMatchObject({ name: 'InternalServerError' });
  service.database().exec('ALTER TABLE broken_bus RENAME TO bus');
  expect(service.logged.length).toBe(1);
  expect(service.runningCount()).toBe(0);
  const arn = await service.start('order', {}, 'name');
  await until(() => service.runningCount() === 0);
  expect((await service.describe(arn)).status).toBe('SUCCEEDED');
});
