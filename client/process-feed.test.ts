import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProcessState } from './api-types.ts';
import { RequestError } from './errors.ts';
import { followToEnd } from './follow.ts';
import { Lifetime } from './lifetime.ts';
import { type FeedContext, ProcessFeed, type ProcessUpdate } from './process-feed.ts';
import type { PushListener } from './process-pushes.ts';
import { isTerminal } from './process-state.ts';
import { createTestClock } from './test-clock.ts';
import { testState } from './test-server.ts';

/** What the record went through: a failure, redrives, and in the end a success. */
const HISTORY: ProcessState[] = [
  testState('p', { version: 1 }),
  testState('p', { version: 1, stepsDone: 2 }),
  testState('p', { version: 2, status: 'FAILED', stepsDone: 2 }),
  testState('p', { version: 3, status: 'PENDING_REDRIVE', stepsDone: 2 }),
  testState('p', { version: 4, stepsDone: 1 }),
  testState('p', { version: 5, status: 'SUCCEEDED', stepsDone: 6 }),
];

const event = fc.oneof(
  fc.constant({ kind: 'advance' as const }),
  fc.record({ kind: fc.constant('write' as const), late: fc.boolean() }),
  fc.constant({ kind: 'hint' as const }),
  fc.record({ kind: fc.constant('push' as const), back: fc.nat(5) }),
  fc.constant({ kind: 'unreadable' as const }),
  fc.record({ kind: fc.constant('response' as const), fails: fc.boolean(), which: fc.nat(2) }),
  fc.constant({ kind: 'ack' as const }),
  fc.constant({ kind: 'down' as const }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
);

const flush = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Documents in a page of the list. */
const PAGE = 2;

/**
 * A feed between hand-made sources: the record, the documents, its requests under way, and the
 * pushes.
 */
function startFeed(recordedFirst: number, writtenFirst = 0, wantsSteps = true) {
  const clock = createTestClock();
  const asked: { state?: ProcessState; response: (fails: boolean | Error) => void }[] = [];
  let recorded = recordedFirst;
  let listener: PushListener<ProcessState> | undefined;
  let stepListener: PushListener<{ processId: string }> | undefined;
  const latest = () => HISTORY[recorded] as ProcessState;
  /** In the order of writing; a late one, whose write took long, comes to stand before others. */
  const documents: { part: string; late: boolean }[] = [];
  const write = (late: boolean) => {
    const place = late ? Math.max(documents.length - 3, 0) : documents.length;
    documents.splice(place, 0, { part: String(documents.length), late });
  };
  for (let written = 0; written < writtenFirst; written += 1) write(false);
  const respondWith = <Result>(result: Result, state?: ProcessState) =>
    new Promise<Result>((resolve, reject) => {
      const lost = new RequestError('No response', 'NetworkError');
      asked.push({
        ...(state && { state }),
        response: (fails) => (fails ? reject(fails === true ? lost : fails) : resolve(result)),
      });
    });
  const context: FeedContext = {
    clock,
    fetchState: () => respondWith(latest(), latest()),
    fetchSteps: (_, nextToken) => {
      looks += 1;
      const from = nextToken === undefined ? 0 : documents.findIndex(({ part }) => part === nextToken) + 1;
      const page = documents.slice(from, from + PAGE);
      const steps = page.map(({ part }) => ({ step: 'S', part, bytes: 1, writtenAt: '' }));
      const more = from + PAGE < documents.length;
      return respondWith({ steps, nextToken: more ? (page.at(-1)?.part ?? null) : null });
    },
    pushes: {
      states: {
        follow(_, given) {
          listener = given;
          return {
            settled: Promise.resolve(),
            stop: () => {
              listener = undefined;
            },
          };
        },
      },
      steps: {
        follow(_, given) {
          stepListener = given;
          return {
            settled: Promise.resolve(),
            stop: () => {
              stepListener = undefined;
            },
          };
        },
      },
    },
    onEnd: () => {},
  };
  const updates: ProcessUpdate[] = [];
  let looks = 0;
  let settled = 0;
  const feed = new ProcessFeed('p', 'auto', context);
  const onUpdate = (update: ProcessUpdate) => updates.push(update);
  const ended = followToEnd(feed, new Lifetime(), wantsSteps ? onUpdate : undefined);
  const settle = () => {
    settled += 1;
  };
  ended.then(settle, settle);
  feed.begin();
  return {
    feed,
    clock,
    asked,
    updates,
    states: () => updates.flatMap((update) => (update.kind === 'state' ? [update.state] : [])),
    parts: () => updates.flatMap((update) => (update.kind === 'step' ? [String(update.step.part)] : [])),
    documents,
    write,
    ended,
    settled: () => settled,
    looks: () => looks,
    listener: () => listener,
    stepListener: () => stepListener,
    latest,
    advance: () => {
      recorded = Math.min(recorded + 1, HISTORY.length - 1);
    },
    push: (back: number) => HISTORY[Math.max(recorded - back, 0)] as ProcessState,
  };
}

describe('a feed', () => {
  it('settles once, only increases, and reports each document once before the end, in any order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(5), fc.array(event, { maxLength: 60 }), async (recordedFirst, events) => {
        const feed = startFeed(recordedFirst, recordedFirst);
        /** The newest version that the feed was given before it took an end. */
        let given = 0;
        let confirmed = false;
        let newest: ProcessState | undefined;
        /** The documents that were there when the feed took an end. */
        let writtenAtEnd: string[] | undefined;
        const give = (state: ProcessState, isPush: boolean) => {
          if (writtenAtEnd) return;
          confirmed ||= !isPush;
          if (!newest || state.version > newest.version) newest = state;
          given = newest.version;
          if (confirmed && isTerminal(newest)) writtenAtEnd = feed.documents.map(({ part }) => part);
        };
        for (const each of events) {
          if (feed.settled() > 0) break;
          if (each.kind === 'advance') feed.advance();
          if (each.kind === 'write') feed.write(each.late);
          if (each.kind === 'hint') feed.stepListener()?.onPush({ processId: 'p' });
          if (each.kind === 'push') {
            const state = feed.push(each.back);
            if (feed.listener()) give(state, true);
            feed.listener()?.onPush(state);
          }
          if (each.kind === 'unreadable') feed.listener()?.onPush(null);
          if (each.kind === 'ack') feed.listener()?.onAck?.();
          if (each.kind === 'down') feed.listener()?.onDown?.();
          if (each.kind === 'time') feed.clock.advance(each.ms);
          if (each.kind === 'response') {
            const [fetch] = feed.asked.splice(each.which % Math.max(feed.asked.length, 1), 1);
            if (fetch?.state && !each.fails) give(fetch.state, false);
            fetch?.response(each.fails);
          }
          await flush();
        }
        // From here on the pushes stay away, and the fetches alone must bring the end.
        while (feed.latest() !== HISTORY.at(-1)) feed.advance();
        while (feed.settled() === 0) {
          feed.asked.shift()?.response(false);
          await flush();
          feed.clock.advance(72_000);
          await flush();
        }

        const states = feed.states();
        const last = states.at(-1) as ProcessState;
        expect(await feed.ended).toBe(last);
        expect(last.version).toBeGreaterThanOrEqual(given);
        expect(states.filter(isTerminal)).toEqual([last]);
        const progress = states.map(({ version, stepsDone }) => version * 100 + stepsDone);
        expect(progress).toEqual([...new Set(progress)].sort((a, b) => a - b));

        const all = feed.documents.map(({ part }) => part);
        expect(feed.updates.at(-1)).toMatchObject({ kind: 'state' });
        if (states.length > 1) expect(feed.updates[0]).toMatchObject({ kind: 'state' });
        const reported = feed.parts();
        expect(reported).toHaveLength(new Set(reported).size);
        expect(all).toEqual(expect.arrayContaining(reported));
        expect(reported).toEqual(expect.arrayContaining(writtenAtEnd ?? all));
        const prompt = feed.documents.flatMap(({ part, late }) => (late ? [] : [part]));
        const reportedPrompt = reported.filter((part) => prompt.includes(part));
        expect(reportedPrompt).toEqual(prompt.filter((part) => reported.includes(part)));

        await flush();
        expect(feed.settled()).toBe(1);
        expect(feed.listener()).toBeUndefined();
        expect(feed.stepListener()).toBeUndefined();
        expect(feed.clock.delaysMs()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('fetches again after a response that was in transit at the acknowledgement, because it may be older', async () => {
    const feed = startFeed(0);
    feed.listener()?.onAck?.();
    feed.advance();
    feed.asked.shift()?.response(false);
    await flush();
    expect(feed.asked.filter(({ state }) => state)).toHaveLength(1);
    while (feed.asked.length > 0) feed.asked.shift()?.response(false);
    await flush();
    expect(feed.states()).toEqual([HISTORY[0], HISTORY[1]]);
  });

  it('never settles by a push before a state has been fetched', async () => {
    const feed = startFeed(3);
    feed.listener()?.onPush(HISTORY[2] as ProcessState);
    await flush();
    expect(feed.updates).toEqual([]);
    feed.asked.shift()?.response(false);
    await flush();
    expect(feed.states()).toEqual([HISTORY[3]]);
  });
});

describe('listings of steps', () => {
  const respondToAll = async (feed: ReturnType<typeof startFeed>, most = Number.POSITIVE_INFINITY) => {
    await flush();
    for (let responded = 0; responded < most && feed.asked.length > 0; responded += 1) {
      feed.asked.shift()?.response(false);
      await flush();
    }
  };

  it('are not made before a state is known, nor if no listener needs steps', async () => {
    const feed = startFeed(0, 1);
    feed.stepListener()?.onPush({ processId: 'p' });
    await flush();
    expect(feed.looks()).toBe(0);
    await respondToAll(feed);
    expect(feed.looks()).toBe(1);

    const quiet = startFeed(0, 1, false);
    quiet.listener()?.onAck?.();
    await respondToAll(quiet);
    quiet.listener()?.onPush(HISTORY[2] as ProcessState);
    await quiet.ended;
    expect(quiet.looks()).toBe(0);
    expect(quiet.stepListener()).toBeUndefined();
  });

  it('run one at a time for any number of pushes, with a longer pause for more documents', async () => {
    const feed = startFeed(0);
    await respondToAll(feed);
    for (let count = 0; count < 100; count += 1) {
      feed.write(false);
      feed.stepListener()?.onPush({ processId: 'p' });
    }
    expect(feed.asked).toHaveLength(0);
    feed.clock.advance(100);
    await flush();
    expect(feed.asked).toHaveLength(1);
    await respondToAll(feed);
    expect(feed.parts()).toHaveLength(100);
    expect(feed.clock.delaysMs()).toContain(500);
  });

  it('begin with the last page, and go through all pages once more at the end', async () => {
    const feed = startFeed(0, 5);
    await respondToAll(feed);
    expect(feed.parts()).toEqual(['0', '1', '2', '3', '4']);
    feed.documents.unshift({ part: 'late', late: true });
    feed.write(false);
    feed.clock.advance(1_000);
    feed.stepListener()?.onPush({ processId: 'p' });
    await respondToAll(feed);
    expect(feed.parts()).toEqual(['0', '1', '2', '3', '4', '6']);
    while (feed.latest().version < 2) feed.advance();
    feed.listener()?.onPush(feed.latest());
    await respondToAll(feed);
    expect(feed.parts().at(-1)).toBe('late');
    expect(feed.updates.at(-1)).toMatchObject({ state: { status: 'FAILED' } });
  });

  it('only delay the end for listeners that need steps', async () => {
    const feed = startFeed(0);
    await respondToAll(feed);
    const reported: ProcessUpdate[] = [];
    feed.feed.join({ steps: false, onUpdate: (update) => reported.push(update), onFailure: () => {} });
    feed.listener()?.onPush(HISTORY[2] as ProcessState);
    await flush();
    expect(reported.at(-1)).toMatchObject({ state: { status: 'FAILED' } });
    expect(feed.settled()).toBe(0);
    await respondToAll(feed);
    expect(feed.settled()).toBe(1);
    expect(reported).toHaveLength(2);
  });

  it('report everything to a listener that joins late', async () => {
    const feed = startFeed(0, 3);
    await respondToAll(feed);
    const joined: ProcessUpdate[] = [];
    feed.feed.join({ steps: true, onUpdate: (update) => joined.push(update), onFailure: () => {} });
    const names = () =>
      joined.map((update) => (update.kind === 'step' ? update.step.part : update.state.status));
    expect(names()).toEqual(['RUNNING', '0', '1', '2']);
    feed.listener()?.onPush(HISTORY[2] as ProcessState);
    await respondToAll(feed);
    expect(names()).toEqual(['RUNNING', '0', '1', '2', 'FAILED']);
  });

  it('are retried after temporary failures, also at the end', async () => {
    const feed = startFeed(2, 1);
    await respondToAll(feed, 1);
    for (const fails of [true, true, false]) {
      expect(feed.settled()).toBe(0);
      expect(feed.asked).toHaveLength(1);
      feed.asked.shift()?.response(fails);
      await flush();
      feed.clock.advance(30_000);
      await flush();
    }
    expect(feed.parts()).toEqual(['0']);
    expect(feed.settled()).toBe(1);
  });

  it.each([
    ['while the process runs', 0],
    ['at its end', 2],
  ])('that the API rejects %s end those who want steps, and no others', async (_, recorded) => {
    const feed = startFeed(recorded);
    const reported: ProcessUpdate[] = [];
    const other = {
      steps: false,
      onUpdate: (update: ProcessUpdate) => reported.push(update),
      onFailure: () => {},
    };
    feed.feed.join(other);
    await respondToAll(feed, 1);
    feed.asked.shift()?.response(new RequestError('No', 'Unauthorized'));
    await expect(feed.ended).rejects.toThrow('No');
    feed.listener()?.onPush(HISTORY[2] as ProcessState);
    expect(reported.at(-1)).toMatchObject({ state: { status: 'FAILED' } });
    expect(feed.stepListener()).toBeUndefined();
  });
});
