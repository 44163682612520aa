import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { functionArn, machineArn } from '../step-functions/serve-for-test.ts';
import { createFaultInjector } from './fault-injector.ts';
import { seedFor, serveFaulty } from './serve-for-test.ts';

type Services = Awaited<ReturnType<typeof serveFaulty>>;

/** How an execution of one Task ends. */
async function runTask({ states }: Services) {
  const client = states('states');
  const started = new StartExecutionCommand({ stateMachineArn: machineArn('task') });
  const { executionArn } = await client.send(started);
  const describeIt = () => client.send(new DescribeExecutionCommand({ executionArn }));
  await until(async () => (await describeIt()).status !== 'RUNNING');
  const { status, output, error, cause } = await describeIt();
  return { status, output, error, cause: cause && JSON.parse(cause) };
}

const workCalls = ({ lambda }: Services) => lambda.count('work');

describe('an invocation', () => {
  it('fails with Lambda.ServiceException if failLambda is injected, and its function does not run', async () => {
    await using services = await serveFaulty({ seed: 1, failLambda: 1 });
    expect(await runTask(services)).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.ServiceException',
      cause: { errorMessage: expect.stringContaining('Status Code: 500; Error Code: ServiceException') },
    });
    expect(workCalls(services)).toBe(0);
  });

  it('fails with Lambda.TooManyRequestsException if throttleLambda is injected, and its function does not run', async () => {
    await using services = await serveFaulty({ seed: 1, throttleLambda: 1 });
    expect(await runTask(services)).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.TooManyRequestsException',
      cause: { errorMessage: expect.stringMatching(/^Rate Exceeded\. .*Status Code: 429/) },
    });
    expect(workCalls(services)).toBe(0);
  });

  it('fails with Sandbox.Timedout if lateLambda is injected, and its function has run', async () => {
    await using services = await serveFaulty({ seed: 1, lateLambda: 1 });
    expect(await runTask(services)).toMatchObject({
      status: 'FAILED',
      error: 'Sandbox.Timedout',
      cause: {
        errorMessage: expect.stringMatching(
          /^RequestId: \S{36} Error: Task timed out after \d+\.\d\d seconds$/,
        ),
      },
    });
    expect(workCalls(services)).toBe(1);
  });

  it('waits if slowLambda is injected, and runs when the injector is closed', async () => {
    await using services = await serveFaulty({ seed: 1, slowLambda: 1, slowMs: 3_600_000 });
    const ended = runTask(services);
    await until(() => services.faults.counts().slowLambda > 0);
    expect(workCalls(services)).toBe(0);
    services.faults.close();
    expect(await ended).toMatchObject({ status: 'SUCCEEDED', output: '"done"' });
  });

  it('that waits ends with the signal of its caller', async () => {
    const injector = createFaultInjector({ seed: 1, slowLambda: 1, slowMs: 3_600_000 });
    const invoke = injector.invoke(async (_arn, _payload, signal) => {
      signal?.throwIfAborted();
      return { ok: true, payload: null };
    });
    const caller = new AbortController();
    const invocation = invoke(functionArn('work'), {}, caller.signal);
    caller.abort(new Error('enough'));
    await expect(invocation).rejects.toThrow('enough');
  });

  it('for a field of AppSync fails with an error of the field', async () => {
    await using services = await serveFaulty({ seed: 1, throttleLambda: 1 });
    const response = await services.graphql('graphql', '{ call(text: "x") }');
    expect(await response.json()).toMatchObject({
      data: { call: null },
      errors: [{ path: ['call'], errorType: 'Lambda.TooManyRequestsException' }],
    });
  });

  it('for an event is made again, under the same request id', async () => {
    await using services = await serveFaulty(seedFor('lateLambda', [true, false]));
    services.emit({ source: 'test', 'detail-type': 'T', resources: [], detail: {} });
    await services.delivered();
    const [first, second] = services.lambda.calls;
    expect(services.lambda.calls).toHaveLength(2);
    expect(second).toEqual(first);
  });
});
