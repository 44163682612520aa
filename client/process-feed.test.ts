import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestError } from './errors.ts';
import { followToEnd } from './follow.ts';
import { Lifetime } from './lifetime.ts';
import { type FeedContext, ProcessFeed } from './process-feed.ts';
import type { PushListener } from './process-pushes.ts';
import { isTerminal, type ProcessState } from './process-state.ts';
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
  fc.record({ kind: fc.constant('push' as const), back: fc.nat(5) }),
  fc.constant({ kind: 'unreadable' as const }),
  fc.record({ kind: fc.constant('answer' as const), fails: fc.boolean() }),
  fc.constant({ kind: 'ack' as const }),
  fc.constant({ kind: 'down' as const }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
);

const flush = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A feed between hand-made sources: the record, its fetches under way, and the pushes. */
function startFeed(recordedFirst: number) {
  const clock = createTestClock();
  const asked: { snapshot: ProcessState; answer: (fails: boolean) => void }[] = [];
  let recorded = recordedFirst;
  let listener: PushListener<ProcessState> | undefined;
  const latest = () => HISTORY[recorded] as ProcessState;
  const context: FeedContext = {
    clock,
    fetchState: () =>
      new Promise((resolve, reject) => {
        const snapshot = latest();
        const lost = new RequestError('No answer', 'NetworkError');
        asked.push({ snapshot, answer: (fails) => (fails ? reject(lost) : resolve(snapshot)) });
      }),
    pushes: {
      states: {
        follow(_, given) {
          listener = given;
          return {
            answered: Promise.resolve(),
            stop: () => {
              listener = undefined;
            },
          };
        },
      },
      steps: { follow: () => ({ answered: Promise.resolve(), stop: () => {} }) },
    },
    onEnd: () => {},
  };
  const told: ProcessState[] = [];
  let settled = 0;
  const feed = new ProcessFeed('p', 'auto', context);
  const ended = followToEnd(feed, new Lifetime(), (update) => {
    if (update.kind === 'state') told.push(update.state);
  });
  void ended.finally(() => {
    settled += 1;
  });
  feed.begin();
  return {
    clock,
    asked,
    told,
    ended,
    settled: () => settled,
    listener: () => listener,
    latest,
    advance: () => {
      recorded = Math.min(recorded + 1, HISTORY.length - 1);
    },
    push: (back: number) => HISTORY[Math.max(recorded - back, 0)] as ProcessState,
  };
}

describe('a feed', () => {
  it('settles once, only ever rises, and ends in a state as new as all it was given, in any order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(5), fc.array(event, { maxLength: 40 }), async (recordedFirst, events) => {
        const feed = startFeed(recordedFirst);
        /** The record at the time of the oldest question that could have been answered: what it may not fall behind. */
        let given = 0;
        for (const each of events) {
          if (feed.told.some(isTerminal)) break;
          if (each.kind === 'advance') feed.advance();
          if (each.kind === 'push') {
            const state = feed.push(each.back);
            if (feed.listener()) given = Math.max(given, state.version);
            feed.listener()?.onPush(state);
          }
          if (each.kind === 'unreadable') feed.listener()?.onPush(null);
          if (each.kind === 'ack') feed.listener()?.onAck?.();
          if (each.kind === 'down') feed.listener()?.onDown?.();
          if (each.kind === 'time') feed.clock.advance(each.ms);
          if (each.kind === 'answer') {
            const fetch = feed.asked.shift();
            if (fetch && !each.fails) given = Math.max(given, fetch.snapshot.version);
            fetch?.answer(each.fails);
          }
          await flush();
        }
        // From here on the pushes stay away, and the fetches alone must bring the end.
        while (feed.latest() !== HISTORY.at(-1)) feed.advance();
        while (feed.settled() === 0) {
          feed.asked.shift()?.answer(false);
          await flush();
          feed.clock.advance(72_000);
          await flush();
        }

        const last = feed.told.at(-1) as ProcessState;
        expect(await feed.ended).toBe(last);
        expect(last.version).toBeGreaterThanOrEqual(given);
        expect(feed.told.filter(isTerminal)).toEqual([last]);
        const progress = feed.told.map(({ version, stepsDone }) => version * 100 + stepsDone);
        expect(progress).toEqual([...new Set(progress)].sort((a, b) => a - b));
        await flush();
        expect(feed.settled()).toBe(1);
        expect(feed.listener()).toBeUndefined();
        expect(feed.clock.delaysMs()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('asks again after an answer that was on its way at the acknowledgement, since that may be older', async () => {
    const feed = startFeed(0);
    feed.listener()?.onAck?.();
    feed.advance();
    feed.asked.shift()?.answer(false);
    await flush();
    expect(feed.asked).toHaveLength(1);
    feed.asked.shift()?.answer(false);
    await flush();
    expect(feed.told).toEqual([HISTORY[0], HISTORY[1]]);
  });

  it('never settles by a push before one fetched state is known', async () => {
    const feed = startFeed(3);
    feed.listener()?.onPush(HISTORY[2] as ProcessState);
    await flush();
    expect(feed.told).toEqual([]);
    feed.asked.shift()?.answer(false);
    await flush();
    expect(feed.told).toEqual([HISTORY[3]]);
  });
});
