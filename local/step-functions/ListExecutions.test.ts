import {
  ListExecutionsCommand,
  type ListExecutionsCommandInput,
  RedriveExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineArn, rejection, serveStepFunctions } from './serve-for-test.ts';

const choice = {
  Type: 'Choice',
  Choices: [{ Variable: '$.n', NumericLessThan: 2, Next: 'B' }],
  Default: 'C',
};
const definitions = {
  list: { StartAt: 'A', States: { A: choice, B: { Type: 'Succeed' }, C: { Type: 'Fail' } } },
};

let service: Awaited<ReturnType<typeof serveStepFunctions>>;
const stateMachineArn = machineArn('list');
const list = (fields: Partial<ListExecutionsCommandInput> = {}) =>
  service.client.send(new ListExecutionsCommand({ stateMachineArn, ...fields }));
const arns: string[] = [];
beforeAll(async () => {
  service = await serveStepFunctions({ definitions });
  for (let n = 0; n < 5; n++) arns.unshift(await service.start('list', { n }));
  for (const arn of arns) await service.ended(arn);
});

afterAll(() => service[Symbol.asyncDispose]());

test('lists the executions of one machine, newest first', async () => {
  const { executions = [], nextToken } = await list();
  expect(executions.map(({ executionArn }) => executionArn)).toEqual(arns);
  expect(nextToken).toBeUndefined();
  expect(executions[4]).toEqual({
    ...{
      executionArn: arns[4],
      stateMachineArn,
      name: expect.any(String),
      status: 'SUCCEEDED',
      redriveCount: 0,
    },
    ...{ startDate: expect.any(Date), stopDate: expect.any(Date) },
  });
});

test('gives pages that hold each execution once, also when new ones are started in between', async () => {
  const found: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await list({ maxResults: 2, ...(token && { nextToken: token }) });
    found.push(...(page.executions ?? []).map(({ executionArn }) => executionArn));
    token = page.nextToken;
    await service.ended(await service.start('list', { n: 9 }));
  } while (token);
  expect(found).toEqual(arns);
});

test('filters by status and by redrives', async () => {
  const ofStatus = async (statusFilter: 'FAILED' | 'RUNNING' | 'SUCCEEDED') =>
    (await list({ statusFilter })).executions?.length;
  expect([await ofStatus('SUCCEEDED'), await ofStatus('RUNNING')]).toEqual([2, 0]);
  expect(await ofStatus('FAILED')).toBeGreaterThanOrEqual(3);
  const executionArn = String(arns[0]);
  await service.client.send(new RedriveExecutionCommand({ executionArn }));
  await service.ended(executionArn);
  const redriven = (await list({ redriveFilter: 'REDRIVEN' })).executions;
  expect(redriven).toMatchObject([{ executionArn, redriveCount: 1, redriveDate: expect.any(Date) }]);
  expect(
    (await list({ redriveFilter: 'NOT_REDRIVEN' })).executions?.map((each) => each.executionArn),
  ).not.toContain(executionArn);
});

test.each<[Partial<ListExecutionsCommandInput>, string, string]>([
  [
    { statusFilter: 'succeeded' as 'SUCCEEDED' },
    'ValidationException',
    "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
  ],
  [
    { maxResults: 1001 },
    'ValidationException',
    "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
  ],
  [
    { maxResults: -1 },
    'ValidationException',
    "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0",
  ],
  [{ nextToken: 'none' }, 'InvalidToken', "Invalid Token: 'Invalid token'"],
  [
    { mapRunArn: 'arn:aws:states:us-east-1:000000000000:mapRun:m/n:o' },
    'ValidationException',
    'mapRunArn is not supported by the local runtime, which has no Map Runs',
  ],
])('%j is rejected', async (fields, name, message) => {
  await expect(list(fields)).rejects.toMatchObject(rejection(name, message));
});
