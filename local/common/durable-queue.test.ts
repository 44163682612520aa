import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/kit/manual-clock.ts';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import { DurableQueue, type Outcome, type QueuedItem } from './durable-queue.ts';

const folder = temporaryFolder('queue');
let file = '';
let database: DatabaseSync;
let clock: ManualClock;
let count = 0;

beforeEach(() => renew());
afterAll(() => folder[Symbol.dispose]());

function renew(): void {
  file = join(folder.path, `${count++}.sqlite`);
  database = open();
  clock = createManualClock();
}

function open(): DatabaseSync {
  const opened = new DatabaseSync(file);
  opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  return opened;
}

/** A queue whose handler returns what the test decides. */
function queueOf(handle: (item: QueuedItem) => Promise<Outcome>, maxInFlight = 4) {
  return new DurableQueue({ database, table: 'items', maxInFlight, handle, clock });
}

const turns = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};

describe('a queue', () => {
  test('hands out each item once, in order, and is idle then', async () => {
    const got: string[] = [];
    const queue = queueOf(async ({ payload }) => {
      got.push(payload);
      return 'DONE';
    });
    for (const payload of ['a', 'b', 'c']) queue.add(payload);
    expect(queue.pendingCount()).toBe(3);
    queue.start();
    await queue.idle();
    expect(got).toEqual(['a', 'b', 'c']);
    expect(queue.pendingCount()).toBe(0);
    await queue.close();
  });

  test('hands out nothing before the start', async () => {
    const queue = queueOf(async () => 'DONE');
    queue.add('a');
    await turns();
    expect(queue.pendingCount()).toBe(1);
    await queue.close();
  });

  test('hands out no more at a time than it may', async () => {
    const done: (() => void)[] = [];
    const queue = queueOf(() => new Promise((resolve) => done.push(() => resolve('DONE'))), 3);
    for (let i = 0; i < 10; i++) queue.add(`${i}`);
    queue.start();
    const idle = queue.idle();
    for (let finished = 0; finished < 10; finished++) {
      await turns();
      expect(done).toHaveLength(Math.min(finished + 3, 10));
      done[finished]?.();
    }
    await idle;
    await queue.close();
  });

  test('hands out what a transaction adds after its commit, and nothing of one that is rolled back', async () => {
    const got: string[] = [];
    const queue = queueOf(async ({ payload }) => {
      got.push(payload);
      return 'DONE';
    });
    queue.start();
    await turns();
    database.exec('BEGIN');
    queue.add('rolled back');
    await turns();
    database.exec('ROLLBACK; BEGIN');
    queue.add('committed');
    await turns();
    expect(got).toEqual([]);
    database.exec('COMMIT');
    await queue.idle();
    expect(got).toEqual(['committed']);
    await queue.close();
  });

  test('hands out an item again when its retry is due, with the number of failures and the time it was added', async () => {
    const got: QueuedItem[] = [];
    const queue = queueOf(async (item) => {
      got.push(item);
      return item.failures < 2 ? { retryInMs: 1000 } : 'DONE';
    });
    const addedAtMs = clock.now();
    queue.add('a');
    queue.start();
    await turns();
    clock.advance(999);
    await turns();
    expect(got).toHaveLength(1);
    clock.advance(1);
    await turns();
    expect(got).toHaveLength(2);
    clock.advance(1000);
    await queue.idle();
    expect(got).toEqual([0, 1, 2].map((failures) => ({ payload: 'a', addedAtMs, failures })));
    await queue.close();
  });

  test('does not count it as a failure where an item is repeated without one', async () => {
    const got: number[] = [];
    const queue = queueOf(async ({ failures }) => {
      got.push(failures);
      return got.length < 3 ? { againInMs: 1000 } : 'DONE';
    });
    queue.add('a');
    queue.start();
    do await turns();
    while (clock.advanceToNext());
    await queue.idle();
    expect(got).toEqual([0, 0, 0]);
    await queue.close();
  });

  test('is not held up by an item that waits for its retry', async () => {
    const got: string[] = [];
    const queue = queueOf(async ({ payload, failures }) => {
      got.push(payload);
      return payload === 'late' && failures === 0 ? { retryInMs: 1000 } : 'DONE';
    }, 1);
    queue.start();
    queue.add('late');
    await turns();
    queue.add('next');
    await turns();
    clock.advanceToNext();
    await queue.idle();
    expect(got).toEqual(['late', 'next', 'late']);
    await queue.close();
  });

  test('waits for items in flight on close, and leaves the others and failed ones unchanged', async () => {
    const settle: ((outcome: Outcome) => void)[] = [];
    const queue = queueOf(() => new Promise((resolve) => settle.push(resolve)), 2);
    for (const payload of ['done', 'failed', 'waiting']) queue.add(payload);
    queue.start();
    await turns();
    let isClosed = false;
    const closed = queue.close().then(() => (isClosed = true));
    settle[0]?.('DONE');
    await turns();
    expect(isClosed).toBe(false);
    settle[1]?.({ retryInMs: 1000 });
    await closed;
    await turns();
    expect(settle).toHaveLength(2);

    database.close();
    database = open();
    const got: QueuedItem[] = [];
    const next = queueOf(async (item) => {
      got.push(item);
      return 'DONE';
    });
    next.start();
    await next.idle();
    expect(got).toMatchObject([{ payload: 'failed', failures: 0 }, { payload: 'waiting' }]);
    await next.close();
  });

  test('leaves an item whose handler rejects to the next start', async () => {
    let calls = 0;
    const queue = queueOf(async () => {
      calls++;
      throw new Error('closed');
    });
    queue.add('a');
    queue.start();
    await turns();
    while (clock.advanceToNext()) await turns();
    expect([calls, queue.pendingCount()]).toEqual([1, 1]);
    await queue.close();
    const next = queueOf(async () => 'DONE');
    next.start();
    await next.idle();
    await next.close();
  });

  test('handles each item to its end at least once, whatever fails and whenever the process dies', async () => {
    const step = fc.oneof(
      fc.constant('add'),
      fc.constantFrom('crash', 'restart', 'advance', 'rollback'),
      fc.record({ failNext: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ hangNext: fc.integer({ min: 1, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
        renew();
        const added: string[] = [];
        const done: string[] = [];
        const failures = { fail: 0, hang: 0 };
        let hanging = 0;
        const start = () => {
          const queue = queueOf(({ payload }) => {
            if (failures.hang > 0 && failures.hang--) {
              hanging++;
              return new Promise(() => {});
            }
            if (failures.fail > 0 && failures.fail--) return Promise.resolve({ retryInMs: 1000 });
            done.push(payload);
            return Promise.resolve('DONE');
          }, 2);
          queue.start();
          return queue;
        };
        let queue = start();
        for (const [index, at] of steps.entries()) {
          if (at === 'add') {
            queue.add(`${index}`);
            added.push(`${index}`);
          } else if (at === 'rollback') {
            database.exec('BEGIN');
            queue.add('rolled back');
            database.exec('ROLLBACK');
          } else if (at === 'crash' || at === 'restart') {
            const closed = queue.close();
            // What hangs would be waited for without end: then only a crash gets on.
            if (at === 'restart' && hanging === 0) await closed;
            hanging = 0;
            database.close();
            database = open();
            queue = start();
          } else if (at === 'advance') {
            clock.advanceToNext();
          } else if (typeof at === 'object' && 'failNext' in at) {
            failures.fail = at.failNext;
          } else if (typeof at === 'object') {
            failures.hang = at.hangNext;
          }
          await turns();
        }
        failures.fail = 0;
        failures.hang = 0;
        void queue.close();
        database.close();
        database = open();
        queue = start();
        while (queue.pendingCount() > 0) {
          await turns();
          clock.advanceToNext();
        }
        await queue.idle();
        expect(new Set(done)).toEqual(new Set(added));
        await queue.close();
        database.close();
      }),
      { numRuns: 60 },
    );
  });
});
