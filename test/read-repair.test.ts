/**
 * Reading a process that has been RUNNING for a while, and stopping one, both query Step Functions.
 */
import { env } from 'node:process';
import type { Context } from 'aws-lambda';
import { afterAll, describe, expect, it } from 'vitest';
import { executionInput, executionName } from '../core/definitions.ts';
import type { ProcessRef } from '../core/keys.ts';
import { startedState } from '../core/state.ts';
import { createState, readState, updateState } from '../core/state-record.ts';
import { machineArn } from '../local/step-functions/serve-for-test.ts';
import { openServices, QUICK, WAIT } from './services.ts';

const THRESHOLD_SECONDS = 30;

const { states, bucket, pushed, rejectPushes, asked, close } = await openServices(
  { wait: WAIT, quick: QUICK },
  { REPAIR_AFTER_SECONDS: String(THRESHOLD_SECONDS) },
);
afterAll(close);
const { handler } = await import('../api/Query.processState.ts');
const { handler: stopProcess } = await import('../api/Mutation.stopProcess.ts');

function read({ processId }: ProcessRef) {
  return handler({ arguments: { processId }, identity: null }, {} as Context);
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1_000);

/** A process that was started the given time ago, with no event since. */
async function startUnheard(machine: string, seconds: number): Promise<ProcessRef> {
  const process = { owner: 'api-key', processId: crypto.randomUUID() };
  const input = JSON.parse(executionInput({ ...process, definition: machine }));
  const arn = await states.start(machine, input, executionName(process));
  if (machine === 'quick') await states.ended(arn);
  await createState(bucket, process, startedState(process, machine, 1, secondsAgo(seconds)));
  return process;
}

describe('a state that has been RUNNING for less than the threshold', () => {
  it('is returned without querying Step Functions', async () => {
    const process = await startUnheard('quick', THRESHOLD_SECONDS - 5);
    const before = asked('DescribeExecution');
    expect(await read(process)).toMatchObject({ value: { status: 'RUNNING' } });
    expect(asked('DescribeExecution')).toBe(before);
  });
});

describe('a state that has been RUNNING for longer', () => {
  it('is verified once, however many readers there are, and again only after the threshold', async () => {
    const process = await startUnheard('wait', THRESHOLD_SECONDS + 5);
    const before = asked('DescribeExecution');
    await Promise.all(Array.from({ length: 20 }, () => read(process)));
    await read(process);
    expect(asked('DescribeExecution')).toBe(before + 1);
    const checkedAt = secondsAgo(THRESHOLD_SECONDS + 1).toISOString();
    await updateState(bucket, process, (record) => ({ ...record, checkedAt }));
    expect(await read(process)).toMatchObject({ value: { status: 'RUNNING', version: 1 } });
    expect(asked('DescribeExecution')).toBe(before + 2);
  });

  it('returns the end to its reader, records and publishes it', async () => {
    const process = await startUnheard('quick', THRESHOLD_SECONDS + 5);
    expect(await read(process)).toMatchObject({ value: { status: 'SUCCEEDED', version: 2 } });
    expect(await readState(bucket, process)).toMatchObject({ status: 'SUCCEEDED', version: 2 });
    expect(pushed.filter(({ processId }) => processId === process.processId)).toMatchObject([
      { status: 'SUCCEEDED', version: 2 },
    ]);
  });

  it('returns the end to its reader even if AppSync rejects the push', async () => {
    const process = await startUnheard('quick', THRESHOLD_SECONDS + 5);
    rejectPushes(1);
    expect(await read(process)).toMatchObject({ value: { status: 'SUCCEEDED', version: 2 } });
  });

  it('is returned unchanged if Step Functions rejects the call', async () => {
    const process = await startUnheard('quick', THRESHOLD_SECONDS + 5);
    env.MACHINE_ARN_PREFIX = 'no ARN ';
    try {
      expect(await read(process)).toMatchObject({ value: { status: 'RUNNING', version: 1 } });
    } finally {
      env.MACHINE_ARN_PREFIX = machineArn('');
    }
  });
});

describe('a stop', () => {
  it('returns the end even if AppSync rejects the push', async () => {
    const process = await startUnheard('wait', 0);
    rejectPushes(1);
    const stopped = await stopProcess(
      { arguments: { processId: process.processId, reason: 'enough' }, identity: null },
      {} as Context,
    );
    expect(stopped).toMatchObject({ value: { status: 'ABORTED', version: 2, cause: 'enough' } });
    expect(pushed.filter(({ processId }) => processId === process.processId)).toEqual([]);
  });
});
