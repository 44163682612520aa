/**
 * The start of a process, interrupted after each of its writes, and repeated.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { type Definition, executionArn, executionInput } from '../core/definitions.ts';
import type { ProcessRef } from '../core/keys.ts';
import { type Bucket, type ListedObject, listObjects } from '../core/objects.ts';
import { readMark, removeMark } from '../core/process-index.ts';
import { failAbandonedStart, observe } from '../core/state.ts';
import { readState, updateState } from '../core/state-record.ts';
import { openServices, QUICK, WAIT } from './services.ts';

const definition: Definition = {
  name: 'test',
  description: null,
  inputSchema: {},
  machine: {},
  steps: ['A', 'B'],
  outputStep: 'B',
  starts: {},
};

const { s3, states, bucket, services, close } = await openServices({ test: WAIT, quick: QUICK });
afterAll(close);
// The module creates its client when it is loaded, as in a function.
const { startProcess } = await import('../core/start-process.ts');

function newProcess(owner = 'somebody'): ProcessRef {
  return { owner, processId: crypto.randomUUID() };
}

/** A bucket whose caller crashes after the given number of its requests have taken effect. */
async function crashingAfter(requests: number): Promise<Bucket> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: 'us-east-1',
    credentials: await s3.s3.config.credentials(),
    maxAttempts: 1,
  });
  let done = 0;
  client.middlewareStack.add((next) => async (args) => {
    if (done >= requests) throw new Error('crashed');
    const output = await next(args);
    if (++done >= requests) throw new Error('crashed');
    return output;
  });
  return { client, name: bucket.name };
}

/**
 * A bucket whose first request takes effect, and is repeated because its response is lost.
 */
async function losingTheFirstAnswer(): Promise<Bucket> {
  const client = s3.client({ maxAttempts: 2 });
  let lost = false;
  client.middlewareStack.add(
    (next) => async (args) => {
      const output = await next(args);
      if (lost) return output;
      lost = true;
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', $retryable: {} });
    },
    { step: 'deserialize', priority: 'low' },
  );
  return { client, name: bucket.name };
}

async function objectsOf({ owner, processId }: ProcessRef): Promise<ListedObject[]> {
  const all = await Promise.all(
    ['processes/', 'running/', `index/${owner}/`].map((prefix) => listObjects(bucket, prefix)),
  );
  return all.flat().filter(({ key }) => key.includes(`${owner}/`) && key.includes(processId));
}

async function keysOf(process: ProcessRef): Promise<string[]> {
  return (await objectsOf(process)).map(({ key }) => key);
}

async function executionsOf(process: ProcessRef): Promise<string[]> {
  const found = await Promise.all(
    ['test', 'quick'].map((machine) =>
      states.describe(executionArn({ ...process, definition: machine })).then(
        ({ input }) => input,
        () => undefined,
      ),
    ),
  );
  return found.filter((input) => input !== undefined);
}

function inMinutes(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000);
}

describe('a start', () => {
  it('under REJECT whose first write lost its response, and was retried by the SDK, does not reject itself', async () => {
    const owned = newProcess();
    const state = await startProcess(
      { ...services, bucket: await losingTheFirstAnswer() },
      owned,
      definition,
      {},
      'REJECT',
    );
    expect(state).toMatchObject({ status: 'RUNNING', version: 1 });
    await expect(startProcess(services, owned, definition, {}, 'REJECT')).rejects.toMatchObject({
      name: 'ProcessConflict',
      info: { differs: 'none' },
    });
  });

  it('that crashes after any of its writes is completed by repeating it', async () => {
    // More writes than a start has: the last rounds do not crash.
    for (let requests = 1; requests <= 8; requests++) {
      const owned = newProcess();
      const start = (into: Bucket) =>
        startProcess({ ...services, bucket: into }, owned, definition, { n: requests }, 'JOIN');
      await start(await crashingAfter(requests)).catch(() => undefined);
      const state = await start(bucket);
      expect(state).toMatchObject({ status: 'RUNNING', version: 1, stepsTotal: 2 });
      expect(await executionsOf(owned)).toEqual([executionInput({ ...owned, definition: 'test' })]);
      expect(await keysOf(owned)).toHaveLength(4);
    }
  });

  it('repeated fifty times concurrently is one execution, and one set of data', async () => {
    const owned = newProcess();
    const states = await Promise.all(
      Array.from({ length: 50 }, () => startProcess(services, owned, definition, {}, 'JOIN')),
    );
    expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(1);
    expect(await executionsOf(owned)).toHaveLength(1);
    expect(await keysOf(owned)).toHaveLength(4);
  });

  it('repeated fifty times concurrently under REJECT is accepted once', async () => {
    const owned = newProcess();
    const starts = await Promise.allSettled(
      Array.from({ length: 50 }, () => startProcess(services, owned, definition, {}, 'REJECT')),
    );
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const start of starts) {
      if (start.status === 'rejected')
        expect(start.reason).toMatchObject({ name: 'ProcessConflict', info: { differs: 'none' } });
    }
    expect(await executionsOf(owned)).toHaveLength(1);
  });

  it('of a taken id with another input or definition is a conflict, says which, and changes nothing', async () => {
    const owned = newProcess();
    await startProcess(services, owned, definition, { n: 1 }, 'JOIN');
    const before = await objectsOf(owned);
    const other = { ...definition, name: 'quick' };
    await expect(startProcess(services, owned, definition, { n: 2 }, 'JOIN')).rejects.toMatchObject({
      name: 'ProcessConflict',
      info: { differs: 'input' },
    });
    await expect(startProcess(services, owned, other, { n: 1 }, 'JOIN')).rejects.toMatchObject({
      name: 'ProcessConflict',
      info: { differs: 'definition' },
    });
    // The marker may be newer: it only makes the sweep check the process.
    const kept = (objects: ListedObject[]) => objects.filter(({ key }) => !key.startsWith('running/'));
    expect(await objectsOf(owned)).toEqual(expect.arrayContaining(kept(before)));
    expect(await readState(bucket, owned)).toMatchObject({
      definition: 'test',
      status: 'RUNNING',
      version: 1,
    });
    expect(await executionsOf(owned)).toHaveLength(1);
  });

  it('of an id that another owner uses is a separate process', async () => {
    const first = newProcess('first');
    const second = { ...first, owner: 'second' };
    await startProcess(services, first, definition, { n: 1 }, 'JOIN');
    const before = await objectsOf(first);
    expect(await startProcess(services, second, definition, { n: 2 }, 'REJECT')).toMatchObject({
      owner: 'second',
      status: 'RUNNING',
      version: 1,
    });
    expect(await objectsOf(first)).toEqual(before);
    expect(await executionsOf(first)).toEqual([executionInput({ ...first, definition: 'test' })]);
    expect(await executionsOf(second)).toEqual([executionInput({ ...second, definition: 'test' })]);
  });

  it('of an id that ended, while its end is not recorded yet, is the same process', async () => {
    const owned = newProcess();
    const quick = { ...definition, name: 'quick' };
    await startProcess(services, owned, quick, {}, 'JOIN');
    await states.ended(executionArn({ ...owned, definition: 'quick' }));
    expect(await startProcess(services, owned, quick, {}, 'JOIN')).toMatchObject({
      status: 'RUNNING',
      version: 1,
    });
    expect(await executionsOf(owned)).toHaveLength(1);
  });

  it('of an id that SUCCEEDED returns the end, and leaves no marker', async () => {
    const owned = newProcess();
    const quick = { ...definition, name: 'quick' };
    await startProcess(services, owned, quick, {}, 'JOIN');
    await updateState(bucket, owned, (record) => observe(record, { status: 'SUCCEEDED', redriveCount: 0 }));
    const mark = await readMark(bucket, owned);
    if (mark) await removeMark(bucket, owned, mark);
    expect(await startProcess(services, owned, quick, {}, 'JOIN')).toMatchObject({
      status: 'SUCCEEDED',
      version: 2,
    });
    expect((await keysOf(owned)).filter((key) => key.startsWith('running/'))).toEqual([]);
  });

  it('of an id that the sweep has ended as NotStarted still starts it, under a higher version', async () => {
    const owned = newProcess();
    await startProcess({ ...services, bucket: await crashingAfter(4) }, owned, definition, {}, 'JOIN').catch(
      () => undefined,
    );
    expect(await executionsOf(owned)).toEqual([]);
    await updateState(bucket, owned, (record) => failAbandonedStart(record, inMinutes(2)));
    expect(await readState(bucket, owned)).toMatchObject({
      status: 'FAILED',
      error: 'NotStarted',
      version: 2,
    });
    expect(await startProcess(services, owned, definition, {}, 'JOIN')).toMatchObject({
      status: 'RUNNING',
      version: 3,
      error: null,
      stoppedAt: null,
    });
    expect(await executionsOf(owned)).toHaveLength(1);
  });

  it('repeated while the sweep checks the id is not ended as NotStarted', async () => {
    const owned = newProcess();
    await startProcess({ ...services, bucket: await crashingAfter(4) }, owned, definition, {}, 'JOIN').catch(
      () => undefined,
    );
    // Long ago, according to the record.
    await updateState(bucket, owned, (record) => ({ ...record, startedAt: inMinutes(-10).toISOString() }));
    const askedAt = new Date();
    // Here the sweep queries Step Functions, which has no such execution.
    await startProcess(services, owned, definition, {}, 'JOIN');
    const swept = await updateState(bucket, owned, (record) => failAbandonedStart(record, askedAt));
    expect(swept).toMatchObject({ changed: false, record: { status: 'RUNNING', version: 1 } });
  });
});
