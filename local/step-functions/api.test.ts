import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type ListExecutionsCommandInput,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  type StartExecutionCommandInput,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGate, functionArn, machineArn, serveStepFunctions, until } from './serve-for-test.ts';

const only = (state: object) => ({ StartAt: 'A', States: { A: state } });
const definitions = {
  pass: only({ Type: 'Pass', End: true }),
  wait: only({ Type: 'Wait', Seconds: 3600, End: true }),
  gate: only({ Type: 'Task', Resource: functionArn('gate'), Next: 'B', End: undefined }),
  list: only({ Type: 'Choice', Choices: [{ Variable: '$.n', NumericLessThan: 2, Next: 'B' }], Default: 'C' }),
  many: only({
    Type: 'Map',
    ItemProcessor: only({ Type: 'Task', Resource: functionArn('gate'), End: true }),
    End: true,
  }),
};
Object.assign(definitions.gate.States, { B: { Type: 'Task', Resource: functionArn('after'), End: true } });
Object.assign(definitions.list.States, { B: { Type: 'Succeed' }, C: { Type: 'Fail' } });

let service: Awaited<ReturnType<typeof serveStepFunctions>>;
let gate = createGate();
beforeAll(async () => {
  service = await serveStepFunctions({
    definitions,
    functions: { gate: () => gate.pass(), after: () => 'after' },
    isAllowed: (_, action, resource) =>
      action !== 'states:DescribeExecution' || !resource.endsWith(':secret'),
  });
});
afterAll(() => service[Symbol.asyncDispose]());

const startWith = (input: Partial<StartExecutionCommandInput>) =>
  service.client.send(new StartExecutionCommand({ stateMachineArn: machineArn('pass'), ...input }));
const refusal = (name: string, message: string | RegExp) => ({
  name,
  message: expect.stringMatching(
    typeof message === 'string' ? `^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$` : message,
  ),
});

describe('StartExecution', () => {
  test('a running execution with the same name and input is the same execution', async () => {
    const stateMachineArn = machineArn('wait');
    const first = await startWith({ stateMachineArn, name: 'same', input: '{"a":1}' });
    expect(first.executionArn).toBe('arn:aws:states:us-east-1:000000000000:execution:wait:same');
    const second = await startWith({ stateMachineArn, name: 'same', input: '{"a":1}' });
    expect([second.executionArn, second.startDate]).toEqual([first.executionArn, first.startDate]);
    expect((await service.history(String(first.executionArn))).length).toBe(2);
    const exists = refusal('ExecutionAlreadyExists', `Execution Already Exists: '${first.executionArn}'`);
    await expect(startWith({ stateMachineArn, name: 'same', input: '{"a":2}' })).rejects.toMatchObject(
      exists,
    );
    await service.client.send(new StopExecutionCommand({ executionArn: String(first.executionArn) }));
    await expect(startWith({ stateMachineArn, name: 'same', input: '{"a":1}' })).rejects.toMatchObject(
      exists,
    );
  });

  test('the same name at two machines makes two executions', async () => {
    const names = await Promise.all(['pass', 'wait'].map((machine) => service.start(machine, {}, 'twice')));
    expect(new Set(names).size).toBe(2);
  });

  test('requests at the same time for one name start one execution', async () => {
    const before = service.events().length;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        startWith({ stateMachineArn: machineArn('wait'), name: 'at once'.replace(' ', '-') }),
      ),
    );
    expect(new Set(answers.map(({ startDate }) => Number(startDate))).size).toBe(1);
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
  ])('the input %j is refused', async (input, message) => {
    await expect(startWith({ input })).rejects.toMatchObject(refusal('InvalidExecutionInput', message));
  });

  test('an input over 256 KiB is refused', async () => {
    await expect(startWith({ input: JSON.stringify('ü'.repeat(131_072)) })).rejects.toMatchObject(
      refusal(
        'ValidationException',
        /^1 validation error detected: Value at 'input' .* less than or equal to 262144$/,
      ),
    );
    const { executionArn = '' } = await startWith({ input: JSON.stringify('x'.repeat(262_142)) });
    expect((await service.ended(executionArn)).status).toBe('SUCCEEDED');
  });

  test.each([...' <>{}[]?*"#%\\^|~`$&,;:/', '\t', '\u0000', '\u0085'])(
    'the sign %j in a name is refused',
    async (sign) => {
      await expect(startWith({ name: `a${sign}b` })).rejects.toMatchObject({ name: 'InvalidName' });
    },
  );

  test('names have up to 80 signs, of any language', async () => {
    const name = `-_.!'()+=@é日${'x'.repeat(68)}`;
    expect(name.length).toBe(80);
    expect((await startWith({ name })).executionArn).toContain(name);
    await expect(startWith({ name: 'x'.repeat(81) })).rejects.toMatchObject(
      refusal(
        'ValidationException',
        `1 validation error detected: Value '${'x'.repeat(81)}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80`,
      ),
    );
  });
});

describe('ARNs that lead to nothing', () => {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:pass:none';
  const stateMachineArn = machineArn('none');
  const noExecution = refusal('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
  const noMachine = refusal('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
  test('are refused by every operation', async () => {
    const { client } = service;
    await expect(client.send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject(
      noExecution,
    );
    await expect(client.send(new StopExecutionCommand({ executionArn }))).rejects.toMatchObject(noExecution);
    await expect(client.send(new GetExecutionHistoryCommand({ executionArn }))).rejects.toMatchObject(
      noExecution,
    );
    await expect(client.send(new RedriveExecutionCommand({ executionArn }))).rejects.toMatchObject(
      noExecution,
    );
    await expect(client.send(new StartExecutionCommand({ stateMachineArn }))).rejects.toMatchObject(
      noMachine,
    );
    await expect(client.send(new ListExecutionsCommand({ stateMachineArn }))).rejects.toMatchObject(
      noMachine,
    );
    await expect(client.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toMatchObject(
      noMachine,
    );
  });

  test('and so is what is no ARN', async () => {
    const invalid = refusal('InvalidArn', "Invalid Arn: 'Invalid ARN prefix: x'");
    await expect(
      service.client.send(new DescribeExecutionCommand({ executionArn: 'x' })),
    ).rejects.toMatchObject(invalid);
    await expect(
      service.client.send(new ListExecutionsCommand({ stateMachineArn: 'x' })),
    ).rejects.toMatchObject(invalid);
    await expect(service.client.send(new ListExecutionsCommand({}))).rejects.toMatchObject(
      refusal(
        'ValidationException',
        "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
      ),
    );
  });
});

describe('DescribeExecution', () => {
  test('shows what is known, and nothing else', async () => {
    const arn = await service.start('wait', { a: 1 }, 'described');
    const { $metadata: _, ...running } = await service.describe(arn);
    expect(running).toEqual({
      ...{ executionArn: arn, stateMachineArn: machineArn('wait'), name: 'described', status: 'RUNNING' },
      ...{ startDate: expect.any(Date), input: '{"a":1}', inputDetails: { included: true } },
      ...{ redriveCount: 0, redriveStatus: 'NOT_REDRIVABLE' },
      redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
    });
  });

  test('shows no data when only the metadata are wanted', async () => {
    const executionArn = await service.start('pass', { a: 1 });
    await service.ended(executionArn);
    const described = await service.client.send(
      new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }),
    );
    expect(described).toMatchObject({
      inputDetails: { included: false },
      outputDetails: { included: false },
    });
    expect([described.input, described.output]).toEqual([undefined, undefined]);
  });

  test('shows the trace header that the start had', async () => {
    const { executionArn = '' } = await startWith({ traceHeader: 'Root=1-x' });
    expect((await service.describe(executionArn)).traceHeader).toBe('Root=1-x');
  });
});

describe('StopExecution', () => {
  test('ends an execution at once; the function that runs is not stopped, and nothing follows it', async () => {
    gate = createGate();
    const executionArn = await service.start('gate');
    await until(() => service.lambda.count('gate') === 1);
    const { stopDate } = await service.client.send(
      new StopExecutionCommand({ executionArn, error: 'E', cause: 'why' }),
    );
    expect(await service.describe(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'E',
      cause: 'why',
      stopDate,
    });
    gate.open('late');
    await service.run('pass');
    expect(service.lambda.count('after')).toBe(0);
    expect((await service.history(executionArn)).at(-1)?.type).toBe('ExecutionAborted');
  });

  test('of an execution that has ended says when it did', async () => {
    const executionArn = await service.start('pass');
    const { stopDate } = await service.ended(executionArn);
    const answer = await service.client.send(new StopExecutionCommand({ executionArn, error: 'late' }));
    expect(answer.stopDate).toEqual(stopDate);
    expect(await service.describe(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('takes an error of 256 signs and a cause of 32,768', async () => {
    const executionArn = await service.start('wait');
    const stop = (fields: object) =>
      service.client.send(new StopExecutionCommand({ executionArn, ...fields }));
    await expect(stop({ error: 'x'.repeat(257) })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(stop({ cause: 'x'.repeat(32_769) })).rejects.toMatchObject({ name: 'ValidationException' });
    await stop({ error: 'x'.repeat(256), cause: 'x'.repeat(32_768) });
  });
});

describe('ListExecutions', () => {
  const stateMachineArn = machineArn('list');
  const list = (fields: Partial<ListExecutionsCommandInput> = {}) =>
    service.client.send(new ListExecutionsCommand({ stateMachineArn, ...fields }));
  const arns: string[] = [];
  beforeAll(async () => {
    for (let n = 0; n < 5; n++) arns.unshift(await service.start('list', { n }));
    for (const arn of arns) await service.ended(arn);
  });

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
      'mapRunArn is not supported: there are no Map Runs here',
    ],
  ])('%j is refused', async (fields, name, message) => {
    await expect(list(fields)).rejects.toMatchObject(refusal(name, message));
  });
});

test('DescribeStateMachine shows the definition', async () => {
  const machine = await service.client.send(
    new DescribeStateMachineCommand({ stateMachineArn: machineArn('wait') }),
  );
  expect(machine).toMatchObject({
    name: 'wait',
    status: 'ACTIVE',
    type: 'STANDARD',
    creationDate: expect.any(Date),
  });
  expect(JSON.parse(String(machine.definition))).toEqual(definitions.wait);
});

describe('the protocol', () => {
  test('an operation that is not there is refused by name', async () => {
    await expect(service.client.send(new ListStateMachinesCommand({}))).rejects.toMatchObject(
      refusal('UnknownOperationException', 'The operation "ListStateMachines" is not supported here.'),
    );
  });

  test('a request that is not signed, or by someone else, is refused', async () => {
    const unsigned = await fetch(service.endpoint, { method: 'POST', body: '{}' });
    expect(unsigned.status).toBe(400);
    expect(unsigned.headers.get('content-type')).toBe('application/x-amz-json-1.0');
    expect(await unsigned.json()).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    });
    const stranger = new SFNClient({
      ...{ endpoint: service.endpoint, region: 'us-east-1', maxAttempts: 1 },
      credentials: { accessKeyId: 'ASIASTRANGER', secretAccessKey: 'x', sessionToken: 'y' },
    });
    await expect(
      stranger.send(new ListExecutionsCommand({ stateMachineArn: machineArn('pass') })),
    ).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    stranger.destroy();
  });

  test('what the policies of the role do not allow is refused, whether it is there or not', async () => {
    const executionArn = await service.start('pass', {}, 'secret');
    const expected = refusal(
      'AccessDeniedException',
      `User: arn:aws:sts::000000000000:assumed-role/Test/test is not authorized to perform: states:DescribeExecution on resource: ${executionArn} because no identity-based policy allows the states:DescribeExecution action`,
    );
    await expect(service.describe(executionArn)).rejects.toMatchObject(expected);
    await expect(service.describe(executionArn.replace('pass', 'none'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('fields of another type are refused', async () => {
    const send = (fields: object) =>
      service.client.send(new StartExecutionCommand({ stateMachineArn: machineArn('pass'), ...fields }));
    await expect(send({ name: 5 })).rejects.toMatchObject({ name: 'SerializationException' });
  });
});

test('a hundred executions and more run at the same time, and leave nothing in memory', async () => {
  gate = createGate();
  const before = service.runningCount();
  const arns = await Promise.all(Array.from({ length: 120 }, (_, n) => service.start('many', [n, n + 1])));
  await until(() => service.lambda.calls.filter(({ payload }) => typeof payload === 'number').length === 240);
  expect(service.runningCount()).toBe(before + 120);
  gate.open('done');
  for (const arn of arns) expect((await service.ended(arn)).output).toBe('["done","done"]');
  expect(service.runningCount()).toBe(before);
});

test('nothing above is a defect of the service', () => {
  expect(service.defects).toEqual([]);
});
