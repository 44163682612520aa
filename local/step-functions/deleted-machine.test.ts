/**
 * Executions whose state machine, or a function of it, is not in the template of the next start any
 * more.
 */
import {
  ListExecutionsCommand,
  RedriveExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { createGate, errorNamed, functionArn, machineArn, serveStepFunctions } from './serve-for-test.ts';

const task = (name: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: functionArn(name),
  ...fields,
});
const catchAll = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rescue' }] };
const rescue = { Rescue: { Type: 'Pass', End: true } };
const wait = (Seconds: number) => ({
  StartAt: 'Wait',
  States: { Wait: { Type: 'Wait', Seconds, Next: 'Then' }, Then: { Type: 'Pass', End: true } },
});
const deleted = (name: string) => ({
  status: 'FAILED',
  error: 'States.Runtime',
  cause: `State machine ${name} has been deleted.`,
});

describe('an execution whose state machine is deleted', () => {
  test('fails when its state is over, and nothing catches that', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: {
        calls: { StartAt: 'A', States: { A: task('underWay', { ...catchAll, End: true }), ...rescue } },
        waits: wait(1),
        splits: {
          StartAt: 'Both',
          States: { Both: { Type: 'Parallel', Branches: [wait(1)], ...catchAll, End: true }, ...rescue },
        },
      },
      functions: { underWay: () => gate.pass() },
    });
    const arns = {
      calls: await service.start('calls'),
      waits: await service.start('waits'),
      splits: await service.start('splits'),
    };
    await until(() => service.lambda.count('underWay') === 1);
    await service.restart({});
    for (const [name, arn] of Object.entries(arns)) {
      expect(await service.ended(arn)).toMatchObject(deleted(name));
      const types = (await service.history(arn)).map(({ type }) => type);
      expect(types.at(-1)).toBe('ExecutionFailed');
    }
    // It is not called again: on AWS, what was called before the deletion would have come to its
    // end.
    expect(service.lambda.count('underWay')).toBe(1);
    expect(service.events().filter(({ detail }) => detail.status === 'FAILED')).toHaveLength(3);
  });

  test('runs while it waits, and can be described, read and stopped', async () => {
    await using service = await serveStepFunctions({ definitions: { waits: wait(600) } });
    const arn = await service.start('waits');
    await until(async () => (await service.history(arn)).length > 1);
    await service.restart({});
    expect((await service.describe(arn)).status).toBe('RUNNING');
    await service.client.send(new StopExecutionCommand({ executionArn: arn, error: 'Enough' }));
    expect(await service.describe(arn)).toMatchObject({ status: 'ABORTED', error: 'Enough' });
    expect((await service.history(arn)).at(-1)?.type).toBe('ExecutionAborted');
  });

  test('cannot be redriven, and no other is started or listed', async () => {
    await using service = await serveStepFunctions({
      definitions: { fails: { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'No' } } } },
    });
    const arn = await service.start('fails');
    await service.ended(arn);
    await service.restart({});
    const stateMachineArn = machineArn('fails');
    await expect(
      service.client.send(new RedriveExecutionCommand({ executionArn: arn })),
    ).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
      message: 'State machine fails has been deleted.',
    });
    await expect(service.client.send(new StartExecutionCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
    await expect(service.client.send(new ListExecutionsCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
  });
});

describe('a function that the role of the machine may not invoke', () => {
  test('fails its Task as Lambda.AWSLambdaException, and is not called', async () => {
    await using service = await serveStepFunctions({
      definitions: { order: { StartAt: 'A', States: { A: task('a') } } },
      functions: { a: () => 1 },
      isAllowed: (_, action) => action !== 'lambda:InvokeFunction',
    });
    expect(await service.run('order')).toEqual({
      status: 'FAILED',
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringMatching(
        /^User: .* is not authorized to perform: lambda:InvokeFunction on resource: .*:a /,
      ),
    });
    expect(service.lambda.count('a')).toBe(0);
  });
});

describe('a function that is deleted', () => {
  test('fails its Task as Lambda.ResourceNotFoundException, which can be caught', async () => {
    const cause =
      'Function not found: arn (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException)';
    await using service = await serveStepFunctions({
      definitions: {
        order: {
          StartAt: 'A',
          States: {
            A: task('gone', {
              End: true,
              Catch: [{ ErrorEquals: ['Lambda.ResourceNotFoundException'], Next: 'Rescue' }],
            }),
            ...rescue,
          },
        },
      },
      functions: {
        gone: () => {
          throw errorNamed('Lambda.ResourceNotFoundException', cause);
        },
      },
    });
    expect(await service.run('order')).toEqual({ Error: 'Lambda.ResourceNotFoundException', Cause: cause });
  });
});
