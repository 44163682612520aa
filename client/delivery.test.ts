/**
 * What users report about AppSync subscriptions (docs/complaints.md), and what this client does
 * about it.
 */
import { describe, expect, it } from 'vitest';
import { ProcessFailedError } from './errors.ts';
import type { ProcessUpdate } from './process-feed.ts';
import { createProcessId } from './process-id.ts';
import { testState, until } from './test-server.ts';
import { collect, observe, startTestSetup } from './test-setup.ts';

const id = createProcessId();
const running = testState(id);
const succeeded = testState(id, { status: 'SUCCEEDED', version: 2, stepsDone: 6 });

/** While such a timer is set, the next keep-alive is awaited. */
const KEEP_ALIVE_WITHIN_MS = 75_000;

/** The updates in short: each state's status, each step's name with its part. */
function namesOf(updates: ProcessUpdate[]): string[] {
  return updates.map((update) => {
    if (update.kind === 'state') return update.state.status;
    const { step, part } = update.step;
    return part === null ? step : `${step}/${part}`;
  });
}

describe('an acknowledged subscription', () => {
  it('does not prove delivery: the state is fetched after it and again 2 s later', async () => {
    await using setup = await startTestSetup();
    const { responded, client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id);
    // One for the wait itself, one for the acknowledgement.
    await responded(2);
    server.record(succeeded);
    clock.advance(2_400);
    expect((await ended).version).toBe(2);
    expect(server.requests).toHaveLength(3);
  });

  it('is followed by safety polls that slow down to one a minute', async () => {
    await using setup = await startTestSetup();
    const { responded, client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id);
    await responded(2);

    for (const [index, pauseMs] of [2_000, 5_000, 12_500, 31_250, 60_000, 60_000].entries()) {
      const [pollMs] = clock.delaysMs().filter((delayMs) => delayMs !== KEEP_ALIVE_WITHIN_MS);
      expect(pollMs).toBeGreaterThanOrEqual(pauseMs * 0.8);
      expect(pollMs).toBeLessThanOrEqual(pauseMs * 1.2);
      await setup.keepAlive();
      clock.advance(pauseMs * 1.2);
      await responded(3 + index);
    }
    server.push(succeeded);
    await ended;
  });

  it('precedes the start, and a run whose pushes are all lost still ends', async () => {
    await using setup = await startTestSetup();
    const { responded, client, clock, server } = setup;
    server.documents.set(id, { input: {}, steps: { Confirm: { total: 7 } }, output: 'Confirm' });
    let subscribedAtStart = -1;
    server.intercept = ({ field }) => {
      if (field === 'startProcess') subscribedAtStart = server.subscriptions().length;
      return undefined;
    };
    const output = client.run('order', {}, { processId: id, onUpdate: () => {} });
    await responded(3);
    expect(subscribedAtStart).toBe(2);
    server.record(succeeded);
    clock.advance(2_400);

    expect(await output).toEqual({ total: 7 });
    expect(server.requests.map(({ field }) => field)).toEqual([
      'startProcess',
      'processState',
      'processData',
      'processState',
      'processData',
      'processData',
    ]);
  });

  it('that ends or is never acknowledged is restarted under a new id', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server, subscribed } = setup;
    // The connection is alive, but this response does not come.
    server.rejectStart = () => ({ type: 'ka' });
    server.record(running);
    const ended = client.wait(id);
    await until(() => server.starts() === 1 && !clock.delaysMs().includes(10_000));
    server.rejectStart = undefined;
    clock.advance(15_000);
    clock.advance(1_000);
    await until(() => server.subscriptions().length === 1);

    await subscribed(2);
    const safetyPolls = () => clock.delaysMs().filter((delayMs) => delayMs >= 1_600 && delayMs <= 2_400);
    await until(() => safetyPolls().length === 1);
    server.send({ type: 'complete' });
    await until(() => safetyPolls().length === 0);
    clock.advance(1_000);
    await until(() => server.starts() === 3);
    const ids = server.frames.filter(({ type }) => type === 'start').map((frame) => frame.id);
    expect(new Set(ids).size).toBe(3);
    server.push(succeeded);
    await ended;
  });
});

describe('pushes', () => {
  it('that come late, duplicated or reordered never revert a state', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(running);
    const { list, done } = collect(client.watch(id));
    await until(() => list.length === 1 && server.subscriptions().length === 2);

    const versions = [3, 2, 3, 1, 4, 2, 4];
    for (const version of versions) server.push({ ...running, version });
    server.push({ ...succeeded, version: 5 });
    server.push({ ...succeeded, version: 5 });
    await done;

    expect(list.map((update) => update.kind === 'state' && update.state.version)).toEqual([1, 3, 4, 5]);
  });

  it('from before a redrive do not end a wait that began after it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using setup = await startTestSetup({ fetch: (url, init) => held.then(() => fetch(url, init)) });
    const { client, server } = setup;
    server.record({ ...running, version: 3 });
    const { list, done } = collect(client.watch(id));
    await until(() => server.subscriptions().length === 2);
    server.push({ ...succeeded, status: 'FAILED', version: 2 });
    server.writeStep(id, 'Price');
    server.pushStep(id);

    release();
    await until(() => list.length === 2);
    server.push({ ...succeeded, version: 4 });
    await done;
    const seen = list.map((update) => (update.kind === 'step' ? update.step.step : update.state.version));
    expect(seen).toEqual([3, 'Price', 4]);
  });

  it('that carry errors instead of data do not end the subscription, but make it fetch', async () => {
    await using setup = await startTestSetup();
    const { responded, client, server } = setup;
    server.record(running);
    const ended = client.wait(id);
    await responded(2);
    server.record(succeeded);
    const errors = [
      { message: 'Cannot return null for non-nullable type', path: ['onProcessState', 'owner'] },
    ];
    server.send({ type: 'data', payload: { data: { onProcessState: null }, errors } });

    expect((await ended).version).toBe(2);
  });

  it('about steps make a watch list them, which reports each document once, in the order of writing', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const { list, done } = collect(client.watch(id));
    await until(() => list.length === 1 && server.subscriptions().length === 2);
    for (const name of ['Price', 'Pack/0', 'Pack/1']) {
      server.writeStep(id, name);
      server.pushStep(id);
      server.pushStep(id);
    }
    await until(() => {
      clock.advance(10);
      return list.length === 4;
    });
    server.push(succeeded);
    await done;

    expect(namesOf(list)).toEqual(['RUNNING', 'Price', 'Pack/0', 'Pack/1', 'SUCCEEDED']);
    expect(list[2]).toMatchObject({
      kind: 'step',
      step: {
        processId: id,
        owner: 'api-key',
        step: 'Pack',
        part: '0',
        bytes: 1,
        writtenAt: '2026-01-01T00:00:01.000Z',
      },
    });
  });

  it('about steps may all be lost: the last listing precedes the end', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(running);
    const { list, done } = collect(client.watch(id));
    await until(() => list.length === 1 && server.subscriptions().length === 2);
    server.pageSize = 2;
    for (const name of ['Price', 'Pack/0', 'Pack/1', 'Pack/2', 'Confirm']) server.writeStep(id, name);
    server.push(succeeded);
    await done;
    expect(namesOf(list)).toEqual(['RUNNING', 'Price', 'Pack/0', 'Pack/1', 'Pack/2', 'Confirm', 'SUCCEEDED']);
  });
});

describe('many concurrent processes', () => {
  it('share one socket, and no more than 26 subscriptions of a kind', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    const ids = Array.from({ length: 300 }, createProcessId);
    for (const each of ids) server.record(testState(each));
    const ended = ids.map((each) => client.wait(each));
    await until(() => server.subscriptions().length === 26);
    await until(() => new Set(server.requests.map(({ variables }) => variables.processId)).size === 300);
    expect(server.subscriptions().filter(({ processId }) => processId === undefined)).toHaveLength(1);

    for (const each of ids) server.push({ ...succeeded, processId: each });
    const states = await Promise.all(ended);

    expect(states.map(({ processId }) => processId)).toEqual(ids);
    expect(server.connects).toHaveLength(1);
    await until(() => server.subscriptions().length === 0);
  });

  it('that wait for the same id share one subscription and one poll', async () => {
    await using setup = await startTestSetup();
    const { responded, client, server } = setup;
    server.record(running);
    const ended = Array.from({ length: 20 }, () => client.wait(id));
    await responded(2);
    expect(server.subscriptions()).toHaveLength(1);
    server.push(succeeded);
    await Promise.all(ended);
    expect(server.requests).toHaveLength(2);
  });
});

describe('a process that has ended', () => {
  it('settles each call exactly once, and all traffic for it stops', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    let updates = 0;
    const failed = observe(client.wait(id));
    const watch = collect(client.watch(id));
    void watch.done.then(() => {
      updates = watch.list.length;
    });
    await until(() => server.subscriptions().length === 2 && watch.list.length === 1);

    const failure = testState(id, {
      status: 'FAILED',
      version: 2,
      error: 'PaymentDeclined',
      cause: 'No funds.',
    });
    server.push(failure);
    server.push(failure);
    server.push({ ...running, version: 3 });
    await until(() => failed.settled && updates > 0);
    await until(() => server.subscriptions().length === 0);
    const requests = server.requests.length;

    // Only the socket's own timers are left, and soon not even those.
    clock.advance(1_000);
    expect(clock.delaysMs()).toEqual([]);
    await until(() => server.sockets() === 0);
    expect(client.connection.state).toBe('idle');
    expect(server.requests).toHaveLength(requests);
    expect(updates).toBe(2);
    expect(failed.error).toBeInstanceOf(ProcessFailedError);
    expect(failed.error).toMatchObject({
      processId: id,
      error: 'PaymentDeclined',
      cause: 'No funds.',
      state: failure,
    });
  });

  it('while its last steps are still listed does not end later calls: a redrive may have preceded them', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(running);
    const first = collect(client.watch(id));
    await until(() => first.list.length === 1 && server.subscriptions().length === 2);
    server.intercept = ({ field }) => (field === 'processData' ? 'hang' : undefined);
    const ended = observe(client.wait(id));
    server.push({ ...succeeded, status: 'FAILED', version: 2 });
    await until(() => ended.settled);
    server.record({ ...running, version: 3 });
    const later = collect(client.watch(id));
    await until(() => later.list.length === 1);
    expect(later.list).toMatchObject([{ state: { version: 3 } }]);
    expect(first.list).toHaveLength(1);
    client.dispose();
    await Promise.allSettled([first.done, later.done]);
  });

  it('is not reported while it is only queued or waits for a redrive', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(testState(id, { status: 'PENDING_REDRIVE', version: 4 }));
    const ended = observe(client.wait(id));
    await until(() => server.subscriptions().length === 1);
    expect(ended.settled).toBe(false);
    server.push({ ...succeeded, version: 6 });
    await until(() => ended.settled);
    expect(ended.value?.version).toBe(6);
  });
});
