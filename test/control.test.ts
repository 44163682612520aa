import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { writeInput } from '../core/documents.ts';
import type { ProcessRef } from '../core/keys.ts';
import { markRunning, readMark, removeMark } from '../core/process-index.ts';
import { startedState } from '../core/state.ts';
import { createState, readState } from '../core/state-record.ts';
import { type GraphQlBody, newClient, openFacadeBucket, post } from './facade.ts';

const client = newClient();
afterAll(() => client.dispose());

const STATE = 'processId status version error cause stoppedAt stepsDone';

async function stop(processId: string, reason?: string): Promise<GraphQlBody> {
  const query = `mutation ($id: ID!, $reason: String) { stopProcess(processId: $id, reason: $reason) { ${STATE} } }`;
  return (await post(query, { id: processId, ...(reason === undefined ? {} : { reason }) })).body;
}

async function redrive(processId: string): Promise<GraphQlBody> {
  return (
    await post(`mutation ($id: ID!) { redriveProcess(processId: $id) { ${STATE} } }`, { id: processId })
  ).body;
}

type Page = {
  items: { id: number; type: string; state: string | null; error: string | null }[];
  nextToken: string | null;
};

async function history(processId: string, limit?: number): Promise<Page['items']> {
  const query = `query ($id: ID!, $limit: Int, $token: String) {
    processHistory(processId: $id, limit: $limit, nextToken: $token) { items { id at type state error cause } nextToken } }`;
  const items: Page['items'] = [];
  let token: string | null = null;
  do {
    const { body } = await post(query, { id: processId, limit: limit ?? null, token });
    const page = body.data?.processHistory as unknown as Page;
    if (limit !== undefined) expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    token = page.nextToken;
  } while (token);
  return items;
}

/** Starts a `pause` and waits for its first step. */
async function startPause(): Promise<string> {
  const processId = createProcessId();
  await client.start('pause', {}, { processId });
  for await (const update of client.watch(processId)) {
    if (update.kind === 'step' || update.state.stepsDone > 0) break;
    if ((await client.get(processId)).stepsDone > 0) break;
  }
  return processId;
}

const outcomeOf = (processId: string) => client.wait(processId).catch((error: unknown) => error);

describe('a running process', () => {
  it('is stopped with a reason, continues when it is redriven, and repeats no step', async () => {
    const processId = await startPause();
    expect((await stop(processId, 'not needed')).errors).toBeUndefined();
    expect(await outcomeOf(processId)).toMatchObject({
      name: 'ProcessAbortedError',
      state: { status: 'ABORTED', version: 2, error: 'Stopped', cause: 'not needed' },
    });
    const before = (await client.data(processId)).steps[0];

    expect((await redrive(processId)).data?.redriveProcess).toMatchObject({
      status: 'RUNNING',
      version: 3,
      error: null,
      stoppedAt: null,
    });
    expect(await client.wait(processId)).toMatchObject({ status: 'SUCCEEDED', version: 4, stepsDone: 2 });
    const data = await client.data(processId);
    expect(data.steps[0]).toMatchObject({ step: 'Before', writtenAt: before?.writtenAt });
    expect(data.output?.content).toEqual({ before: (before?.content as { at: string } | undefined)?.at });

    const events = await history(processId);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    const types = events.map(({ type }) => type);
    expect(types).toContain('ExecutionAborted');
    expect(types).toContain('ExecutionRedriven');
    expect(types.at(-1)).toBe('ExecutionSucceeded');
    expect(
      events.filter(({ type, state }) => type === 'TaskStateEntered' && state === 'Before'),
    ).toHaveLength(1);
    // A page has no information about a state that was entered on an earlier page.
    const paged = await history(processId, 4);
    expect(paged.map(({ id, type }) => ({ id, type }))).toEqual(events.map(({ id, type }) => ({ id, type })));
  });

  it('cannot be redriven', async () => {
    const processId = await startPause();
    expect((await redrive(processId)).errors?.[0]).toMatchObject({ errorType: 'NotRedrivable' });
    await stop(processId);
    expect(await outcomeOf(processId)).toMatchObject({
      state: { status: 'ABORTED', error: 'Stopped', cause: null },
    });
  });
});

describe('twenty calls at once', () => {
  it('stop a process once, and redrive it once', async () => {
    const processId = await startPause();
    const stops = await Promise.all(Array.from({ length: 20 }, () => stop(processId)));
    for (const { data, errors } of stops) {
      if (errors) expect(errors[0]).toMatchObject({ errorType: 'ProcessNotRunning' });
      else expect(data?.stopProcess).toMatchObject({ status: 'ABORTED', version: 2 });
    }
    expect(await outcomeOf(processId)).toMatchObject({ state: { status: 'ABORTED', version: 2 } });

    const redrives = await Promise.all(Array.from({ length: 20 }, () => redrive(processId)));
    for (const { data, errors } of redrives) {
      if (errors) expect(errors[0]).toMatchObject({ errorType: 'NotRedrivable' });
      else expect(data?.redriveProcess).toMatchObject({ status: 'RUNNING', version: 3 });
    }
    expect(redrives.some(({ errors }) => !errors)).toBe(true);
    expect(await client.wait(processId)).toMatchObject({ status: 'SUCCEEDED', version: 4 });
    const types = (await history(processId)).map(({ type }) => type);
    expect(types.filter((type) => type === 'ExecutionRedriven')).toHaveLength(1);
  });
});

describe('a process that has ended', () => {
  it('cannot be stopped, whatever its final status', async () => {
    const [done, failed] = [createProcessId(), createProcessId()];
    await client.run('six-steps', { words: [] }, { processId: done });
    await client.run('trial', { misbehave: 'no-output' }, { processId: failed }).catch(() => undefined);
    for (const [processId, status] of [
      [done, 'SUCCEEDED'],
      [failed, 'FAILED'],
    ] as const) {
      expect((await stop(processId)).errors?.[0]).toMatchObject({
        errorType: 'ProcessNotRunning',
        errorInfo: { status },
      });
    }
  });

  it('SUCCEEDED cannot be redriven', async () => {
    const processId = createProcessId();
    await client.run('six-steps', { words: [] }, { processId });
    expect((await redrive(processId)).errors?.[0]).toMatchObject({ errorType: 'NotRedrivable' });
  });

  it('TIMED_OUT continues when it is redriven, and its version rises with each end', async () => {
    const processId = createProcessId();
    await client.run('time-limit', {}, { processId }).catch(() => undefined);
    expect((await redrive(processId)).data?.redriveProcess).toMatchObject({ status: 'RUNNING', version: 3 });
    expect(await outcomeOf(processId)).toMatchObject({ state: { status: 'TIMED_OUT', version: 4 } });
  });
});

describe('an unknown process, or that of another owner,', () => {
  const bucket = openFacadeBucket();

  /** A process of another owner, in the state after its start. */
  async function startForeign(): Promise<ProcessRef> {
    const foreign = { owner: 'somebody-else', processId: createProcessId(), definition: 'six-steps' };
    const header = { sha256: '', startedAt: '', startId: '' };
    await writeInput(bucket, foreign, '{"words":[]}', header);
    await createState(bucket, foreign, startedState(foreign, 'six-steps', 6, new Date()));
    await markRunning(bucket, foreign, 0, 'test');
    return foreign;
  }

  it.each([
    ['query', 'processState', 'status'],
    ['query', 'processData', 'processId'],
    ['query', 'processHistory', 'nextToken'],
    ['mutation', 'stopProcess', 'status'],
    ['mutation', 'redriveProcess', 'status'],
  ])('is ProcessNotFound for the %s %s', async (operation, field, selection) => {
    const foreign = await startForeign();
    for (const id of [createProcessId(), foreign.processId]) {
      const { body } = await post(`${operation} ($id: ID!) { ${field}(processId: $id) { ${selection} } }`, {
        id,
      });
      expect(body.errors?.[0]).toMatchObject({ errorType: 'ProcessNotFound' });
    }
    expect(await readState(bucket, foreign)).toMatchObject({ status: 'RUNNING', version: 1 });
    await removeForeign(foreign);
  });

  it('may share its id with a process of the caller without affecting it', async () => {
    const foreign = await startForeign();
    const { processId } = foreign;
    await client.start('six-steps', { words: [] }, { processId });
    expect(await client.wait(processId)).toMatchObject({ status: 'SUCCEEDED', version: 2 });
    expect(await readState(bucket, foreign)).toMatchObject({ status: 'RUNNING', version: 1 });
    expect(await readMark(bucket, foreign)).toMatchObject({ run: 0 });
    await removeForeign(foreign);
  });

  /** Removes the marker, so that the sweep skips the process. */
  async function removeForeign(foreign: ProcessRef): Promise<void> {
    const mark = await readMark(bucket, foreign);
    if (mark) await removeMark(bucket, foreign, mark);
  }
});

describe('the arguments', () => {
  it.each([
    ['a limit of nothing', { limit: 0 }],
    ['a limit over 1,000', { limit: 1_001 }],
    ['a token of another list', { nextToken: 'nonsense' }],
  ])('of a history with %s are InvalidInput', async (_, variables) => {
    const processId = createProcessId();
    await client.run('six-steps', { words: [] }, { processId });
    const query = `query ($id: ID!, $limit: Int, $nextToken: String) {
      processHistory(processId: $id, limit: $limit, nextToken: $nextToken) { nextToken } }`;
    expect((await post(query, { id: processId, ...variables })).body.errors?.[0]).toMatchObject({
      errorType: 'InvalidInput',
    });
  });

  it('of a stop with a reason of over 2,000 characters are InvalidInput, and nothing is stopped', async () => {
    const processId = await startPause();
    expect((await stop(processId, 'x'.repeat(2_001))).errors?.[0]).toMatchObject({
      errorType: 'InvalidInput',
    });
    expect(await client.wait(processId)).toMatchObject({ status: 'SUCCEEDED', version: 2 });
  });
});
