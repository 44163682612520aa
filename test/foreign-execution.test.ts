/**
 * What an owner can do with an id whose execution is another owner's: nothing, even where a start that crashed half-way has left a record.
 */
import type { Context } from 'aws-lambda';
import { afterAll, describe, expect, it } from 'vitest';
import { executionArn } from '../data/definitions.ts';
import { readInputHeader } from '../data/documents.ts';
import { type ProcessRef, processKey } from '../data/keys.ts';
import { claimRunning, releaseRunning } from '../data/process-index.ts';
import { startedState } from '../data/state.ts';
import { createState, readState } from '../data/state-record.ts';
import { openServices, QUICK, WAIT } from './services.ts';

const { states, bucket, asked, close } = await openServices({ wait: WAIT, quick: QUICK });
afterAll(close);
const { handler: stopProcess } = await import('../api/Mutation.stopProcess.ts');
const { handler: redriveProcess } = await import('../api/Mutation.redriveProcess.ts');
const { handler: processHistory } = await import('../api/Query.processHistory.ts');
const { startProcess } = await import('../api/start-process.ts');

type Handler = typeof stopProcess | typeof redriveProcess | typeof processHistory;

/** Calls as the owner that all callers with the API key are. */
function call(handler: Handler, processId: string) {
  return handler({ arguments: { processId }, identity: null }, {} as Context);
}

/** An execution of another owner, and a record of the caller's under its id, as no start should leave it. */
async function startOfAnother(machine: string): Promise<ProcessRef> {
  const own = { owner: 'api-key', processId: crypto.randomUUID() };
  const other = { ...own, owner: 'another' };
  await states.start(machine, { processData: processKey(other) }, own.processId);
  await createState(bucket, own, startedState(own, machine, 1, new Date()));
  return own;
}

describe('an execution of another owner', () => {
  it('is not stopped, whoever holds the id', async () => {
    const own = await startOfAnother('wait');
    expect(await call(stopProcess, own.processId)).toMatchObject({ error: { type: 'ProcessNotRunning' } });
    await claimRunning(bucket, own);
    expect(await call(stopProcess, own.processId)).toMatchObject({ error: { type: 'ProcessNotRunning' } });
    expect((await states.describe(executionArn('wait', own.processId))).status).toBe('RUNNING');
    await releaseRunning(bucket, own.processId);
  });

  it('is not shown in a history', async () => {
    const own = await startOfAnother('quick');
    await states.ended(executionArn('quick', own.processId));
    expect(await call(processHistory, own.processId)).toEqual({ value: { items: [], nextToken: null } });
  });

  it('is not redriven by who had the id before', async () => {
    const own = { owner: 'api-key', processId: crypto.randomUUID() };
    await createState(bucket, own, {
      ...startedState(own, 'wait', 1, new Date()),
      status: 'ABORTED',
      version: 2,
    });
    await claimRunning(bucket, { ...own, owner: 'another' });
    expect(await call(redriveProcess, own.processId)).toMatchObject({ error: { type: 'NotRedrivable' } });
    expect(asked('RedriveExecution')).toBe(0);
    await releaseRunning(bucket, own.processId);
  });
});

describe('a process of one’s own', () => {
  const definition = {
    ...{ name: 'wait', description: null, inputSchema: {}, machine: WAIT, steps: ['A'], outputStep: 'A' },
  };

  it('is stopped also when Step Functions does not tell of its execution yet', async () => {
    const own = { owner: 'api-key', processId: crypto.randomUUID() };
    await createState(bucket, own, startedState(own, 'wait', 1, new Date()));
    // There is none in truth. What counts is whether Step Functions is asked to stop it all the same.
    const before = asked('StopExecution');
    await call(stopProcess, own.processId);
    expect(asked('StopExecution')).toBe(before);
    await claimRunning(bucket, own);
    await call(stopProcess, own.processId);
    expect(asked('StopExecution')).toBe(before + 1);
    await releaseRunning(bucket, own.processId);
  });

  it('whose mark another start has taken runs on, and loses nothing by a start that is made again', async () => {
    const own = { owner: 'api-key', processId: crypto.randomUUID() };
    await startProcess(bucket, own, definition, {}, 'JOIN');
    await releaseRunning(bucket, own.processId);
    await claimRunning(bucket, { ...own, owner: 'another' });
    expect(await startProcess(bucket, own, definition, {}, 'JOIN')).toMatchObject({ status: 'RUNNING' });
    expect(await readState(bucket, own)).toMatchObject({ status: 'RUNNING' });
    expect(await readInputHeader(bucket, own)).toMatchObject({ definition: 'wait' });
  });
});
