import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Environment, InvocationEnd } from './environment.ts';
import { COLD_START_MS, EnvironmentPool, MAX_ENVIRONMENTS } from './environment-pool.ts';

/** Environments whose invocations end when the test says so. */
function fakeEnvironments() {
  const all: FakeEnvironment[] = [];
  const started: string[] = [];
  const create = (): FakeEnvironment => {
    const environment = new FakeEnvironment((requestId) => started.push(requestId));
    all.push(environment);
    return environment;
  };
  return { all, started, create };
}

class FakeEnvironment implements Environment {
  running: string | undefined;
  isEnded = false;
  readonly #onRun: (requestId: string) => void;
  #resolve: (end: InvocationEnd) => void = () => {};
  #isAlive = true;

  constructor(onRun: (requestId: string) => void) {
    this.#onRun = onRun;
  }

  run({ requestId }: { requestId: string }): Promise<InvocationEnd> {
    if (this.running !== undefined || !this.#isAlive) throw new Error('expected an environment that is free');
    this.running = requestId;
    this.#onRun(requestId);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  finish(end: InvocationEnd): void {
    this.running = undefined;
    this.#resolve(end);
  }

  die(end: InvocationEnd): void {
    this.#isAlive = false;
    this.finish(end);
  }

  isAlive(): boolean {
    return this.#isAlive;
  }

  initMs(): number {
    return COLD_START_MS;
  }

  async end(): Promise<void> {
    this.isEnded = true;
    this.die('NOT_STARTED');
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const failed: InvocationEnd = { error: { errorType: 'Runtime.ExitError', errorMessage: 'exit' } };

describe('a pool', () => {
  test('runs every invocation once, in order and in a limited number of environments, whatever becomes of these', async () => {
    const step = fc.oneof(
      fc.constant('invoke' as const),
      fc.constant('wait' as const),
      fc.tuple(fc.constantFrom('finish', 'fail', 'vanish', 'abort', 'dieIdle'), fc.nat(20)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { all, started, create } = fakeEnvironments();
        const pool = new EnvironmentPool(create);
        const invoked: {
          id: string;
          controller: AbortController;
          end: Promise<unknown>;
          isAborted: boolean;
        }[] = [];
        const vanished: string[] = [];
        for (const [index, at] of steps.entries()) {
          const busy = all.filter(({ running }) => running !== undefined);
          if (at === 'invoke') {
            const controller = new AbortController();
            const run = pool.run({ requestId: `${index}`, event: '{}' }, controller.signal);
            invoked.push({
              id: `${index}`,
              controller,
              end: run.catch((reason) => reason),
              isAborted: false,
            });
          } else if (at === 'wait') {
            vi.advanceTimersByTime(COLD_START_MS);
          } else {
            const [what, which] = at;
            const environment = busy[which % busy.length];
            if (what === 'finish') environment?.finish({ payload: environment.running ?? '' });
            if (what === 'fail') environment?.die(failed);
            if (what === 'vanish' && environment?.running !== undefined) {
              vanished.push(environment.running);
              environment.die('NOT_STARTED');
            }
            if (what === 'dieIdle')
              all.find((one) => one.running === undefined && one.isAlive())?.die('NOT_STARTED');
            const target = invoked[which % invoked.length];
            if (what === 'abort' && target) {
              target.isAborted = true;
              target.controller.abort('aborted');
            }
          }
          await settled();
          expect(all.filter(({ running }) => running !== undefined).length).toBeLessThanOrEqual(
            MAX_ENVIRONMENTS,
          );
        }
        for (
          let busy = all.filter(({ running }) => running);
          busy.length > 0;
          busy = all.filter(({ running }) => running)
        ) {
          for (const environment of busy) environment.finish({ payload: environment.running ?? '' });
          await settled();
        }
        for (const { id, end, isAborted } of invoked) {
          const got = await end;
          if (!isAborted) expect([failed, { payload: id }]).toContainEqual(got);
          const times =
            started.filter((one) => one === id).length - vanished.filter((one) => one === id).length;
          expect(times).toBeLessThanOrEqual(1);
          if (!isAborted) expect(times).toBe(1);
        }
        const firstStarts = [...new Set(started)].map(Number);
        expect(firstStarts).toEqual(firstStarts.toSorted((a, b) => a - b));
        await pool.close();
      }),
      { numRuns: 100 },
    );
  });

  test('starts another environment when an invocation has waited for as long as a cold start takes', async () => {
    const { all, started, create } = fakeEnvironments();
    const pool = new EnvironmentPool(create);
    for (const requestId of ['1', '2', '3']) void pool.run({ requestId, event: '{}' });
    vi.advanceTimersByTime(COLD_START_MS - 1);
    expect(started).toEqual(['1']);
    vi.advanceTimersByTime(1);
    expect(started).toEqual(['1', '2']);
    // The one that was just started gets the time to be of use.
    vi.advanceTimersByTime(COLD_START_MS - 1);
    expect(started).toEqual(['1', '2']);
    vi.advanceTimersByTime(1);
    expect([started, all.length]).toEqual([['1', '2', '3'], 3]);
  });

  test('gives an invocation to an environment that is free before that', async () => {
    const { all, started, create } = fakeEnvironments();
    const pool = new EnvironmentPool(create);
    for (const requestId of ['1', '2', '3', '4', '5']) void pool.run({ requestId, event: '{}' });
    for (let i = 0; i < 5; i++) {
      all[0]?.finish({ payload: '' });
      await settled();
      vi.advanceTimersByTime(COLD_START_MS / 8);
    }
    expect([started, all.length]).toEqual([['1', '2', '3', '4', '5'], 1]);
  });

  test('never has more environments than its limit', () => {
    const { all, create } = fakeEnvironments();
    const pool = new EnvironmentPool(create);
    for (let i = 0; i <= MAX_ENVIRONMENTS; i++) void pool.run({ requestId: `${i}`, event: '{}' });
    vi.advanceTimersByTime(COLD_START_MS * 100);
    expect(all).toHaveLength(MAX_ENVIRONMENTS);
  });

  test('gives an invocation whose environment was gone before it began the next turn', async () => {
    const { all, started, create } = fakeEnvironments();
    const pool = new EnvironmentPool(create);
    for (const requestId of ['1', '2']) void pool.run({ requestId, event: '{}' });
    all[0]?.die('NOT_STARTED');
    await settled();
    expect(started).toEqual(['1', '1']);
  });

  test('starts new environments in place of idle ones that died', async () => {
    const { all, started, create } = fakeEnvironments();
    const pool = new EnvironmentPool(create);
    void pool.run({ requestId: '1', event: '{}' });
    all[0]?.finish({ payload: '' });
    await settled();
    all[0]?.die('NOT_STARTED');
    void pool.run({ requestId: '2', event: '{}' });
    expect([started.at(-1), all.length]).toEqual(['2', 2]);
  });

  test('forgets an invocation that is aborted while it waits', async () => {
    const { all, started, create } = fakeEnvironments();
    const pool = new EnvironmentPool(create);
    void pool.run({ requestId: '1', event: '{}' });
    const controller = new AbortController();
    const waiting = pool.run({ requestId: '2', event: '{}' }, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    all[0]?.finish({ payload: '' });
    await settled();
    vi.advanceTimersByTime(COLD_START_MS);
    expect(started).toEqual(['1']);
  });
});

describe('an idle environment', () => {
  test('is stopped after a minute, and not while it is used again within it', async () => {
    const { all, create } = fakeEnvironments();
    const pool = new EnvironmentPool(create);
    for (const requestId of ['1', '2']) {
      void pool.run({ requestId, event: '{}' });
      all[0]?.finish({ payload: '' });
      await settled();
      vi.advanceTimersByTime(59_000);
    }
    expect(all.map(({ isEnded }) => isEnded)).toEqual([false]);
    vi.advanceTimersByTime(1_000);
    expect(all.map(({ isEnded }) => isEnded)).toEqual([true]);
    void pool.run({ requestId: '3', event: '{}' });
    expect(all.map(({ running }) => running)).toEqual([undefined, '3']);
  });
});
