import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { createGate, functionArn, machineArn, rejection, serveStepFunctions } from './serve-for-test.ts';

const only = (state: object) => ({ StartAt: 'A', States: { A: state } });
const definitions = {
  pass: only({ Type: 'Pass', End: true }),
  wait: only({ Type: 'Wait', Seconds: 3600, End: true }),
  gate: {
    StartAt: 'A',
    States: {
      A: { Type: 'Task', Resource: functionArn('gate'), Next: 'B' },
      B: { Type: 'Task', Resource: functionArn('after'), End: true },
    },
  },
  many: only({
    Type: 'Map',
    ItemProcessor: only({ Type: 'Task', Resource: functionArn('gate'), End: true }),
    End: true,
  }),
};

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

describe('ARNs that lead to nothing', () => {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:pass:none';
  const stateMachineArn = machineArn('none');
  const noExecution = rejection('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
  const noMachine = rejection(
    'StateMachineDoesNotExist',
    `State Machine Does Not Exist: '${stateMachineArn}'`,
  );
  test('are rejected by every operation', async () => {
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

  test('and so is what is not an ARN', async () => {
    const invalid = rejection('InvalidArn', "Invalid Arn: 'Invalid ARN prefix: x'");
    await expect(
      service.client.send(new DescribeExecutionCommand({ executionArn: 'x' })),
    ).rejects.toMatchObject(invalid);
    await expect(
      service.client.send(new ListExecutionsCommand({ stateMachineArn: 'x' })),
    ).rejects.toMatchObject(invalid);
    await expect(service.client.send(new ListExecutionsCommand({}))).rejects.toMatchObject(
      rejection(
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
    const start = new StartExecutionCommand({ stateMachineArn: machineArn('pass'), traceHeader: 'Root=1-x' });
    const { executionArn = '' } = await service.client.send(start);
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
    const response = await service.client.send(new StopExecutionCommand({ executionArn, error: 'late' }));
    expect(response.stopDate).toEqual(stopDate);
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
  test('an operation that is not there is rejected by name', async () => {
    await expect(service.client.send(new ListStateMachinesCommand({}))).rejects.toMatchObject(
      rejection(
        'UnknownOperationException',
        'The operation "ListStateMachines" is not supported by the local runtime.',
      ),
    );
  });

  test('a request that is not signed, or by someone else, is rejected', async () => {
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

  test('what the policies of the role do not allow is rejected, whether it is there or not', async () => {
    const executionArn = await service.start('pass', {}, 'secret');
    const expected = rejection(
      'AccessDeniedException',
      `User: arn:aws:sts::000000000000:assumed-role/Test/test is not authorized to perform: states:DescribeExecution on resource: ${executionArn} because no identity-based policy allows the states:DescribeExecution action`,
    );
    await expect(service.describe(executionArn)).rejects.toMatchObject(expected);
    await expect(service.describe(executionArn.replace('pass', 'none'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('a page of another size than a whole number, and a page token that was not given, are rejected', async () => {
    const executionArn = await service.start('pass', {}, 'paged');
    const stateMachineArn = machineArn('pass');
    const tokens = ['x', '"id"', 'null', '{}', '{"id":{},"startMs":1}', '{"id":1.5,"startMs":[]}'];
    const wrong: [object, string][] = [
      [{ maxResults: 1.5 }, 'SerializationException'],
      ...tokens.map((token): [object, string] => [
        { nextToken: Buffer.from(token).toString('base64url') },
        'InvalidToken',
      ]),
    ];
    for (const [fields, name] of wrong) {
      for (const command of [
        new ListExecutionsCommand({ stateMachineArn, ...fields }),
        new GetExecutionHistoryCommand({ executionArn, ...fields }),
      ] as ListExecutionsCommand[]) {
        await expect(service.client.send(command)).rejects.toMatchObject({ name });
      }
    }
  });

  test('fields of another type are rejected', async () => {
    const send = (fields: object) =>
      service.client.send(new StartExecutionCommand({ stateMachineArn: machineArn('pass'), ...fields }));
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    await expect(send({ input: deep })).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
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

test('an internal error fails the execution, and is logged', async () => {
  const definition = only({ Type: 'Task', Resource: functionArn('none'), End: true });
  await using service = await serveStepFunctions({ definitions: { order: definition } });
  const cause = 'Error: expected a function "none"';
  expect(await service.run('order')).toEqual({ status: 'FAILED', error: 'States.Runtime', cause });
  expect(service.logged).toEqual([expect.stringContaining(`failed: ${cause}`)]);
});

test('nothing above is an internal error', () => {
  expect(service.logged).toEqual([]);
});
