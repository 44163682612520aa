import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { createProcessClient } from '../../client/index.ts';
import { until } from '../../test/kit/until.ts';
import { createGate, machineArn } from '../step-functions/serve-for-test.ts';
import { API_KEY, BUCKET, seedFor, serveFaulty } from './serve-for-test.ts';

type Services = Awaited<ReturnType<typeof serveFaulty>>;

const putA = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'text', IfNoneMatch: '*' });
const startTask = new StartExecutionCommand({ stateMachineArn: machineArn('task'), name: 'once' });
const SAY = 'mutation { say(text: "hello") }';

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Whether the object of {@link putA} is there. */
async function isThere(services: Services): Promise<boolean> {
  const head = services.s3('plain-s3').send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  return (await errorOf(head)) === undefined;
}

/** How often {@link startTask} was done. */
async function startCount(services: Services): Promise<number> {
  const list = new ListExecutionsCommand({ stateMachineArn: machineArn('task') });
  return (await services.states('plain-states').send(list)).executions?.length ?? 0;
}

describe('a request to S3', () => {
  it('gets InternalError if failS3 is injected, without effect', async () => {
    await using services = await serveFaulty({ seed: 1, failS3: 1 });
    expect(await errorOf(services.s3('s3').send(putA))).toMatchObject({
      name: 'InternalError',
      message: 'We encountered an internal error. Please try again.',
      $metadata: { httpStatusCode: 500, requestId: expect.stringMatching(/^[0-9A-F]{16}$/) },
    });
    expect(await isThere(services)).toBe(false);
    expect(services.faults.counts()).toMatchObject({ failS3: 1 });
  });

  it('gets SlowDown if throttleS3 is injected, which the SDK retries', async () => {
    await using services = await serveFaulty(seedFor('throttleS3', [true, true, false]));
    expect(await errorOf(services.s3('s3').send(putA))).toMatchObject({
      name: 'SlowDown',
      $metadata: { httpStatusCode: 503 },
    });
    expect(await isThere(services)).toBe(false);
    await services.s3('s3', 3).send(putA);
    expect(await isThere(services)).toBe(true);
  });

  it('has taken effect if loseS3 is injected, and its client sees a reset connection', async () => {
    await using services = await serveFaulty(seedFor('loseS3', [true, false]));
    expect(await errorOf(services.s3('s3').send(putA))).toMatchObject({ code: 'ECONNRESET' });
    expect(await isThere(services)).toBe(true);
    expect(await errorOf(services.s3('s3').send(putA))).toMatchObject({ name: 'PreconditionFailed' });
  });

  it('that reads more than fits a buffer ends on the server too when its response is lost', async () => {
    await using services = await serveFaulty({ seed: 1, loseS3: 1 });
    const Body = Buffer.alloc(8 * 1024 * 1024, 'x');
    await services.s3('plain-s3').send(new PutObjectCommand({ Bucket: BUCKET, Key: 'large', Body }));
    const get = new GetObjectCommand({ Bucket: BUCKET, Key: 'large' });
    expect(await errorOf(services.s3('s3').send(get))).toMatchObject({ code: 'ECONNRESET' });
  });

  it('waits if slowS3 is injected, while others overtake it, and continues when the injector is closed', async () => {
    await using services = await serveFaulty({ seed: 1, slowS3: 1, slowMs: 3_600_000 });
    const overtaken = errorOf(services.s3('s3').send(putA));
    await until(() => services.faults.counts().slowS3 === 1);
    await services.s3('plain-s3').send(putA);
    services.faults.close();
    expect(await overtaken).toMatchObject({ name: 'PreconditionFailed' });
  });

  it('that is rejected before its body is read leaves the connection good for the next', async () => {
    await using services = await serveFaulty(seedFor('failS3', [true, false]));
    const Body = Buffer.alloc(4 * 1024 * 1024, 'x');
    await services.s3('s3', 2).send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body }));
    expect(await isThere(services)).toBe(true);
  });
});

describe('a request to Step Functions', () => {
  it('gets InternalFailure if failStepFunctions is injected, without effect', async () => {
    await using services = await serveFaulty({ seed: 1, failStepFunctions: 1 });
    expect(await errorOf(services.states('states').send(startTask))).toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
    });
    expect(await startCount(services)).toBe(0);
  });

  it('gets ThrottlingException if throttleStepFunctions is injected, which the SDK retries', async () => {
    await using services = await serveFaulty(seedFor('throttleStepFunctions', [true, true, false]));
    expect(await errorOf(services.states('states').send(startTask))).toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
    expect(await startCount(services)).toBe(0);
    await services.states('states', 3).send(startTask);
    expect(await startCount(services)).toBe(1);
  });

  it('has taken effect if loseStepFunctions is injected, and its client sees a reset connection', async () => {
    await using services = await serveFaulty({ seed: 1, loseStepFunctions: 1 });
    expect(await errorOf(services.states('states').send(startTask))).toMatchObject({ code: 'ECONNRESET' });
    expect(await startCount(services)).toBe(1);
  });

  it('waits if slowStepFunctions is injected', async () => {
    await using services = await serveFaulty({ seed: 1, slowStepFunctions: 1, slowMs: 1 });
    await services.states('states').send(startTask);
    expect(services.faults.counts()).toMatchObject({ slowStepFunctions: 1 });
  });
});

describe('DescribeExecution', () => {
  async function runningThenEnded(services: Services, gate: ReturnType<typeof createGate>) {
    const { executionArn } = await services.states('plain-states').send(startTask);
    const describeBy = async (path: 'states' | 'plain-states') =>
      (await services.states(path).send(new DescribeExecutionCommand({ executionArn }))).status;
    const whileRunning = await describeBy('states');
    gate.open('done');
    await until(async () => (await describeBy('plain-states')) !== 'RUNNING');
    return { whileRunning, describe: () => describeBy('states') };
  }

  it('is behind if staleDescribe is injected, as soon as its response has changed', async () => {
    const gate = createGate();
    await using services = await serveFaulty(seedFor('staleDescribe', [true, false, true]), {
      work: gate.pass,
    });
    const { whileRunning, describe: status } = await runningThenEnded(services, gate);
    expect(whileRunning).toBe('RUNNING');
    expect([await status(), await status(), await status()]).toEqual(['RUNNING', 'SUCCEEDED', 'RUNNING']);
    expect(services.faults.counts()).toMatchObject({ staleDescribe: 2 });
  });

  it('of an execution with only one response is not behind', async () => {
    await using services = await serveFaulty({ seed: 1, staleDescribe: 1 });
    const { executionArn } = await services.states('plain-states').send(startTask);
    const describeWith = (path: 'states' | 'plain-states', includedData: 'ALL_DATA' | 'METADATA_ONLY') =>
      services.states(path).send(new DescribeExecutionCommand({ executionArn, includedData }));
    await until(async () => (await describeWith('plain-states', 'ALL_DATA')).status !== 'RUNNING');
    for (const included of ['ALL_DATA', 'METADATA_ONLY', 'ALL_DATA', 'METADATA_ONLY'] as const) {
      const { status, input } = await describeWith('states', included);
      expect({ status, hasInput: input !== undefined }).toEqual({
        status: 'SUCCEEDED',
        hasInput: included === 'ALL_DATA',
      });
    }
  });

  it('of an execution that is not there is rejected as ever', async () => {
    await using services = await serveFaulty({ seed: 1, staleDescribe: 1 });
    const executionArn = machineArn('task').replace('stateMachine', 'execution').concat(':none');
    const call = services.states('states').send(new DescribeExecutionCommand({ executionArn }));
    expect(await errorOf(call)).toMatchObject({ name: 'ExecutionDoesNotExist' });
  });
});

describe('a request to AppSync', () => {
  it('gets AppSync’s own error 500 if failGraphql is injected, without effect', async () => {
    await using services = await serveFaulty({ seed: 1, failGraphql: 1 });
    const response = await services.graphql('graphql', '{ call(text: "x") }');
    expect(response.status).toBe(500);
    expect(response.headers.get('x-amzn-errortype')).toBe('InternalFailureException');
    expect(await response.json()).toEqual({
      errors: [{ errorType: 'InternalFailureException', message: 'An internal failure occurred.' }],
    });
    expect(services.lambda.calls).toEqual([]);
  });

  it('gets a 503 that is not JSON if refuseGraphql is injected, without effect', async () => {
    await using services = await serveFaulty({ seed: 1, refuseGraphql: 1 });
    const response = await services.graphql('graphql', '{ call(text: "x") }');
    expect(response.status).toBe(503);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.text()).toMatch(/^<html>/);
    expect(services.lambda.calls).toEqual([]);
  });

  it('is rejected like one with an expired credential if refuseRequest is injected; a client with a new one continues', async () => {
    await using services = await serveFaulty(seedFor('refuseRequest', [true, true, false]));
    const response = await services.graphql('graphql', '{ call(text: "x") }');
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ errors: [{ errorType: 'UnauthorizedException' }] });
    expect(services.lambda.calls).toEqual([]);
    let asked = 0;
    const renew = () => {
      asked++;
      return API_KEY;
    };
    using client = createProcessClient({ endpoint: `${services.origin}/graphql`, apiKey: renew });
    // This API has no such field, which it says to whom it lets in.
    await expect(client.definitions()).rejects.toMatchObject({ errorType: 'GraphQLError' });
    expect(asked).toBe(2);
  });

  it('has taken effect if loseGraphql is injected, and its client sees a broken connection', async () => {
    await using services = await serveFaulty({ seed: 1, loseGraphql: 1 });
    expect(await errorOf(services.graphql('graphql', '{ call(text: "x") }'))).toMatchObject({
      cause: { code: 'ECONNRESET' },
    });
    expect(services.lambda.calls).toEqual([{ name: 'work', payload: { text: 'x' } }]);
  });

  it('waits if slowGraphql is injected', async () => {
    await using services = await serveFaulty({ seed: 1, slowGraphql: 1, slowMs: 1 });
    expect(await (await services.graphql('graphql', SAY)).json()).toEqual({ data: { say: 'hello' } });
    expect(services.faults.counts()).toMatchObject({ slowGraphql: 1 });
  });
});
