import {
  StartExecutionCommand,
  type StartExecutionCommandInput,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineArn, rejection, serveStepFunctions } from './serve-for-test.ts';

const only = (state: object) => ({ StartAt: 'A', States: { A: state } });

let service: Awaited<ReturnType<typeof serveStepFunctions>>;
beforeAll(async () => {
  service = await serveStepFunctions({
    definitions: {
      pass: only({ Type: 'Pass', End: true }),
      wait: only({ Type: 'Wait', Seconds: 3600, End: true }),
    },
  });
});
afterAll(async () => {
  expect(service.logged).toEqual([]);
  await service[Symbol.asyncDispose]();
});

const startWith = (input: Partial<StartExecutionCommandInput>) =>
  service.client.send(new StartExecutionCommand({ stateMachineArn: machineArn('pass'), ...input }));

test('a running execution with the same name and input is the same execution', async () => {
  const stateMachineArn = machineArn('wait');
  const first = await startWith({ stateMachineArn, name: 'same', input: '{"a":1}' });
  expect(first.executionArn).toBe('arn:aws:states:us-east-1:000000000000:execution:wait:same');
  const second = await startWith({ stateMachineArn, name: 'same', input: '{"a":1}' });
  expect([second.executionArn, second.startDate]).toEqual([first.executionArn, first.startDate]);
  expect((await service.history(String(first.executionArn))).length).toBe(2);
  const exists = rejection('ExecutionAlreadyExists', `Execution Already Exists: '${first.executionArn}'`);
  await expect(startWith({ stateMachineArn, name: 'same', input: '{"a":2}' })).rejects.toMatchObject(exists);
  await service.client.send(new StopExecutionCommand({ executionArn: String(first.executionArn) }));
  await expect(startWith({ stateMachineArn, name: 'same', input: '{"a":1}' })).rejects.toMatchObject(exists);
});

test('the start waits for the disk, and the rest of the database does not from then on', async () => {
  const levels: unknown[] = [];
  const level = () => service.database().prepare('PRAGMA synchronous').get()?.synchronous;
  service.database().function('log_level', () => levels.push(level()));
  service
    .database()
    .exec('CREATE TEMP TRIGGER started AFTER INSERT ON sfn_execution BEGIN SELECT log_level(); END');
  await service.start('pass');
  expect([levels, level()]).toEqual([[2], 1]);
});

test('the same name at two machines makes two executions', async () => {
  const names = await Promise.all(['pass', 'wait'].map((machine) => service.start(machine, {}, 'twice')));
  expect(new Set(names).size).toBe(2);
});

test('requests at the same time for one name start one execution', async () => {
  const before = service.events().length;
  const responses = await Promise.all(
    Array.from({ length: 5 }, () => startWith({ stateMachineArn: machineArn('wait'), name: 'at-once' })),
  );
  expect(new Set(responses.map(({ startDate }) => Number(startDate))).size).toBe(1);
  expect(service.events().length).toBe(before + 1);
});

test('without name and input it makes a name, and the input {}', async () => {
  const { executionArn = '' } = await startWith({});
  expect(executionArn).toMatch(/:pass:[\da-f-]{36}$/);
  expect((await service.ended(executionArn)).input).toBe('{}');
});

test.each(['1', '"x"', 'null', '[]', ' {"a" : 1.0} '])(
  'any JSON is an input, and kept as it is written: %s',
  async (input) => {
    const { executionArn = '' } = await startWith({ input });
    expect((await service.ended(executionArn)).input).toBe(input);
  },
);

test.each([
  ['', "Invalid State Machine Execution Input: 'Invalid execution input.'"],
  ['not JSON', /^Invalid State Machine Execution Input: '.+'$/s],
])('the input %j is rejected', async (input, message) => {
  await expect(startWith({ input })).rejects.toMatchObject(rejection('InvalidExecutionInput', message));
});

test('an input over 256 KiB is rejected', async () => {
  await expect(startWith({ input: JSON.stringify('ü'.repeat(131_072)) })).rejects.toMatchObject(
    rejection(
      'ValidationException',
      /^1 validation error detected: Value at 'input' .* less than or equal to 262144$/,
    ),
  );
  const { executionArn = '' } = await startWith({ input: JSON.stringify('x'.repeat(262_142)) });
  expect((await service.ended(executionArn)).status).toBe('SUCCEEDED');
});

test.each([...' <>{}[]?*"#%\\^|~`$&,;:/', '\t', '\u0000', '\u0085'])(
  'the sign %j in a name is rejected',
  async (sign) => {
    await expect(startWith({ name: `a${sign}b` })).rejects.toMatchObject({ name: 'InvalidName' });
  },
);

test('names have up to 80 signs, of any language', async () => {
  const name = `-_.!'()+=@é日${'x'.repeat(68)}`;
  expect(name.length).toBe(80);
  expect((await startWith({ name })).executionArn).toContain(name);
  await expect(startWith({ name: 'x'.repeat(81) })).rejects.toMatchObject(
    rejection(
      'ValidationException',
      `1 validation error detected: Value '${'x'.repeat(81)}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80`,
    ),
  );
});
