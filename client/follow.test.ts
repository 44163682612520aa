import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ProcessAbortedError, ProcessFailedError, ProcessTimedOutError, WaitTimeoutError } from './errors.ts';
import { createProcessId } from './process-id.ts';
import { type TestServer, testState, until } from './test-server.ts';
import { collect, observe, startTestSetup } from './test-setup.ts';

const id = createProcessId();
const running = testState(id);
const succeeded = testState(id, { status: 'SUCCEEDED', version: 2, stepsDone: 6 });

function failWith(errorType: string | undefined, errorInfo: unknown = null) {
  const error = { path: ['startProcess'], errorType, errorInfo, message: 'No.' };
  return { body: { data: null, errors: [error] } };
}

describe('a call that follows', () => {
  it('is not behind other calls of the client, and no late push reverts it', async () => {
    await using setup = await startTestSetup();
    const { client, server, subscribed } = setup;
    const aborted = testState(id, { status: 'ABORTED', version: 2 });
    const redriven = testState(id, { version: 3 });
    server.record(running);
    const watch = collect(client.watch(id));
    await subscribed(2);
    await until(() => watch.list.length === 1);

    // It is stopped and redriven, and the pushes have not come yet.
    server.intercept = ({ field }) =>
      field === 'redriveProcess' ? { body: { data: { redriveProcess: redriven } } } : undefined;
    expect(await client.redrive(id)).toEqual(redriven);
    const ended = observe(client.wait(id));
    server.push(aborted);
    server.push({ ...succeeded, version: 4 });
    await until(() => ended.settled);
    expect(ended.value).toMatchObject({ status: 'SUCCEEDED', version: 4 });
    await watch.done;
    const versions = watch.list.flatMap((update) => (update.kind === 'state' ? update.state.version : []));
    expect(versions).toEqual([1, 3, 4]);
  });
});

describe('wait', () => {
  it.each([
    ['FAILED' as const, ProcessFailedError, 'ProcessFailedError'],
    ['TIMED_OUT' as const, ProcessTimedOutError, 'ProcessTimedOutError'],
    ['ABORTED' as const, ProcessAbortedError, 'ProcessAbortedError'],
  ])('rejects when the process has ended %s', async (status, errorClass, name) => {
    await using setup = await startTestSetup();
    const state = testState(id, { status, version: 2, error: 'Late', cause: 'Too slow.' });
    setup.server.record(state);
    const ended = setup.client.wait(id);
    await expect(ended).rejects.toBeInstanceOf(errorClass);
    await expect(ended).rejects.toMatchObject({
      name,
      processId: id,
      error: 'Late',
      cause: 'Too slow.',
      state,
    });
    await expect(ended).rejects.toThrow(`Process [${id}] of [order] ended ${status}: Late: Too slow.`);
  });

  it.each([Number.NaN, -1, Number.NEGATIVE_INFINITY])(
    'with timeoutMs %d rejects with a RangeError',
    async (timeoutMs) => {
      await using setup = await startTestSetup();
      await expect(setup.client.wait(id, { timeoutMs })).rejects.toThrow(
        new RangeError(`Expected timeoutMs to be 0 or more, got ${timeoutMs}`),
      );
      await expect(setup.client.run('order', {}, { timeoutMs })).rejects.toThrow(RangeError);
      expect(setup.server.requests).toEqual([]);
    },
  );

  it.each([Number.POSITIVE_INFINITY, 2 ** 31])(
    'with timeoutMs %d sets no timer, which would end at once',
    async (timeoutMs) => {
      await using setup = await startTestSetup({ via: 'polling' });
      setup.server.record(running);
      const ended = setup.client.wait(id, { timeoutMs });
      await setup.responded(1);
      expect(setup.clock.delaysMs()).not.toContain(timeoutMs);
      setup.server.record(succeeded);
      setup.clock.advance(60_000);
      expect((await ended).status).toBe('SUCCEEDED');
    },
  );

  it('and every other call with an uppercase id reject before any request', async () => {
    await using setup = await startTestSetup();
    const { client } = setup;
    const upper = id.toUpperCase();
    const calls = [
      () => client.wait(upper),
      () => client.get(upper),
      () => client.stop(upper),
      () => client.redrive(upper),
      () => client.history(upper),
      () => client.data(upper),
      () => client.start('order', {}, { processId: upper }),
      () => client.run('order', {}, { processId: upper }),
      () => collect(client.watch(upper)).done,
      () => client.get(''),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        errorType: 'InvalidInput',
        errorInfo: { problems: [{ path: '/processId', message: 'must be a lowercase UUID' }] },
      });
    }
    expect(setup.server.requests).toEqual([]);
    expect(setup.server.starts()).toBe(0);
  });

  it('rejects immediately for an unknown process', async () => {
    await using setup = await startTestSetup();
    await expect(setup.client.wait(id)).rejects.toMatchObject({ errorType: 'ProcessNotFound' });
    expect(setup.server.requests).toHaveLength(1);
  });

  it('survives every temporary failure', async () => {
    await using setup = await startTestSetup({ via: 'polling' });
    const { client, clock, server } = setup;
    server.record(succeeded);
    const faults = [
      'cut' as const,
      failWith('InternalError'),
      { status: 503, body: '' },
      { status: 429, body: '' },
    ];
    server.intercept = () => faults.shift();
    const ended = client.wait(id);
    for (const requests of [1, 2, 3, 4]) {
      await setup.responded(requests);
      clock.advance(10_000);
    }
    expect((await ended).status).toBe('SUCCEEDED');
  });

  it('rejects with the reason of its signal, and other calls that wait for the process continue', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(running);
    const controller = new AbortController();
    const aborted = client.wait(id, { signal: controller.signal });
    const other = client.wait(id);
    await until(() => server.subscriptions().length === 1);
    controller.abort(new Error('the user left'));
    await expect(aborted).rejects.toThrow('the user left');
    server.push(succeeded);
    expect((await other).version).toBe(2);
  });

  it('leaves no listener on its signal', async () => {
    await using setup = await startTestSetup();
    setup.server.record(succeeded);
    const { signal } = new AbortController();
    const ended = setup.client.wait(id, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await ended;
    await until(() => getEventListeners(signal, 'abort').length === 0);
  });

  it('sends nothing when its signal is aborted already', async () => {
    await using setup = await startTestSetup();
    await expect(setup.client.wait(id, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    await expect(setup.client.start('order', {}, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    await expect(collect(setup.client.watch(id, { signal: AbortSignal.abort('no') })).done).rejects.toBe(
      'no',
    );
    expect(setup.server.requests).toEqual([]);
    expect(setup.server.connects).toEqual([]);
    expect(setup.clock.delaysMs()).toEqual([]);
  });

  it('rejects after its timeout, and says that the process continues', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.record(running);
    const ended = client.wait(id, { timeoutMs: 500 });
    await setup.responded(2);
    clock.advance(500);
    await expect(ended).rejects.toBeInstanceOf(WaitTimeoutError);
    await expect(ended).rejects.toThrow('It continues to run.');
    await until(() => server.subscriptions().length === 0);
  });
});

describe('watch', () => {
  it('yields the current state first, and ends after the terminal one without throwing', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record({ ...running, version: 4 });
    const { list, done } = collect(client.watch(id));
    await until(() => list.length === 1 && server.subscriptions().length === 2);
    server.push({ ...running, version: 5, status: 'ABORTED' });
    await done;
    expect(list.map((update) => update.kind === 'state' && update.state.status)).toEqual([
      'RUNNING',
      'ABORTED',
    ]);
  });

  it('sends nothing before the iteration begins, and stops when it is left', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(running);
    const updates = client.watch(id);
    expect(setup.clock.delaysMs()).toEqual([]);
    for await (const update of updates) {
      expect(update.kind).toBe('state');
      break;
    }
    await until(() => server.subscriptions().length === 0 && !setup.clock.delaysMs().includes(15_000));
    setup.clock.advance(1_000);
    expect(client.connection.state).toBe('idle');
  });

  it('throws the reason of its signal, without yielding what was queued', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.record(running);
    const controller = new AbortController();
    const iterator = client.watch(id, { signal: controller.signal })[Symbol.asyncIterator]();
    await iterator.next();
    await until(() => server.subscriptions().length === 2);
    const queued = collect(client.watch(id));
    await until(() => queued.list.length === 1);
    server.writeStep(id, 'Price');
    await until(() => {
      server.pushStep(id);
      setup.clock.advance(10);
      return queued.list.length === 2;
    });
    controller.abort(new Error('enough'));
    await expect(iterator.next()).rejects.toThrow('enough');
    server.push(succeeded);
    await queued.done;
  });

  it('yields the states and steps of a polled process too', async () => {
    await using setup = await startTestSetup({ via: 'polling' });
    const { client, clock, server } = setup;
    server.record(running);
    const { list, done } = collect(client.watch(id));
    for (const [index, state] of [
      { ...running, stepsDone: 1 },
      { ...running, stepsDone: 1 },
      succeeded,
    ].entries()) {
      // The state, then the steps.
      await setup.responded(2 * (1 + index));
      server.record(state);
      server.writeStep(id, `Pack/${index}`);
      clock.advance(10_000);
    }
    await done;
    const seen = list.map((update) => (update.kind === 'step' ? update.step.part : update.state.stepsDone));
    expect(seen).toEqual([0, 1, '0', '1', '2', 6]);
  });
});

describe('run', () => {
  function respondToRun(server: TestServer) {
    server.documents.set(id, { input: {}, steps: { Confirm: { total: 7 } }, output: 'Confirm' });
  }

  it('returns the output, and reports each state and step', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    respondToRun(server);
    const seen: string[] = [];
    const output = client.run<{ total: number }>(
      'order',
      {},
      {
        processId: id,
        onUpdate: (update) => seen.push(update.kind === 'step' ? update.step.step : update.state.status),
      },
    );
    await until(() => seen.length === 2);
    server.writeStep(id, 'Late');
    server.record(succeeded);
    server.push(succeeded);
    expect((await output)?.total).toBe(7);
    expect(seen).toEqual(['RUNNING', 'Confirm', 'Late', 'SUCCEEDED']);
  });

  it('joins a process that has ended already', async () => {
    await using setup = await startTestSetup();
    respondToRun(setup.server);
    setup.server.record(succeeded);
    expect(await setup.client.run('order', {}, { processId: id })).toEqual({ total: 7 });
  });

  it('returns null if the process has no output document', async () => {
    await using setup = await startTestSetup();
    setup.server.documents.set(id, { input: {}, steps: {} });
    setup.server.record(succeeded);
    expect(await setup.client.run('order', {}, { processId: id })).toBeNull();
  });

  it('rejects like wait, and leaves nothing behind if the start is rejected', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    server.intercept = () => failWith('ProcessConflict');
    await expect(client.run('order', {}, { processId: id })).rejects.toMatchObject({
      errorType: 'ProcessConflict',
    });
    await until(() => server.subscriptions().length === 0);
    clock.advance(1_000);
    expect(clock.delaysMs()).toEqual([]);

    server.intercept = () => undefined;
    server.record(testState(id, { status: 'FAILED', version: 2, error: 'PaymentDeclined' }));
    await expect(client.run('order', {}, { processId: id })).rejects.toBeInstanceOf(ProcessFailedError);
  });

  it('rejects with what onUpdate throws', async () => {
    await using setup = await startTestSetup();
    const onUpdate = () => {
      throw new Error('a mistake in the page');
    };
    await expect(setup.client.run('order', {}, { onUpdate })).rejects.toThrow('a mistake in the page');
  });

  it('starts anyway if the acknowledgement takes longer than 3 s', async () => {
    await using setup = await startTestSetup();
    const { client, clock, server } = setup;
    respondToRun(server);
    server.rejectStart = () => 'silent';
    const output = client.run('order', {}, { processId: id });
    await until(() => server.starts() === 1);
    expect(server.requests).toEqual([]);
    clock.advance(3_000);
    await setup.responded(2);
    server.record(succeeded);
    clock.advance(1_200);
    expect(await output).toEqual({ total: 7 });
  });

  it('does not start if it is aborted while it waits for the acknowledgement', async () => {
    await using setup = await startTestSetup();
    const { client, server } = setup;
    server.rejectStart = () => 'silent';
    const controller = new AbortController();
    const output = client.run('order', {}, { signal: controller.signal });
    await until(() => server.starts() === 1);
    controller.abort(new Error('no longer wanted'));
    await expect(output).rejects.toThrow('no longer wanted');
    expect(server.requests).toEqual([]);
  });
});
