import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from './clock.ts';

/** One item as it is handed to the handler. `failures` counts the handler's earlier `retryInMs`. */
export type QueuedItem = { payload: string; addedAtMs: number; failures: number };

/**
 * What became of an item: it is done and forgotten, it comes again after a failure, or it comes
 * again without one.
 */
export type Outcome = 'DONE' | { retryInMs: number } | { againInMs: number };

/** A queue that outlives the process. */
export type DurableQueue = {
  /**
   * Keeps the item: one INSERT, so it may be called within a transaction that is open on the
   * database, and counts only if that is committed. The transaction must not be held open across an
   * `await`.
   */
  add(payload: string): void;
  /** Begins to hand out items, those of an earlier run first. */
  start(): void;
  /** How many items are kept, among them those in hand and those that wait for a retry. */
  pendingCount(): number;
  /** Resolves when no item is kept. */
  idle(): Promise<void>;
  /**
   * Hands out no more, and waits for the handlers under way. Items that they did not finish stay
   * for the next start.
   */
  close(): Promise<void>;
};

/**
 * Hands each item to `handle` at least once, in the order in which they are due, and `maxInFlight`
 * at a time. An item is removed after `handle` says that it is done, so one that a crash cuts off
 * is handled again. If `handle` rejects, the item stays untouched for the next start.
 */
export function createDurableQueue({
  database,
  table,
  maxInFlight,
  handle,
  clock,
}: {
  database: DatabaseSync;
  /** The name of the queue's table, which it makes for itself. */
  table: string;
  maxInFlight: number;
  handle(item: QueuedItem): Promise<Outcome>;
  clock: Clock;
}): DurableQueue {
  database.exec(`
    CREATE TABLE IF NOT EXISTS ${table} (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      payload TEXT NOT NULL,
      added_at_ms INTEGER NOT NULL,
      due_at_ms INTEGER NOT NULL,
      failures INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${table}_by_due ON ${table} (due_at_ms, id);
  `);
  const insert = database.prepare(
    `INSERT INTO ${table} (payload, added_at_ms, due_at_ms, failures) VALUES (?, ?, ?, 0)`,
  );
  const selectFirst = database.prepare(`SELECT * FROM ${table} ORDER BY due_at_ms, id LIMIT ?`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE id = ?`);
  const postpone = database.prepare(
    `UPDATE ${table} SET due_at_ms = ?, failures = failures + ? WHERE id = ?`,
  );
  const count = database.prepare(`SELECT COUNT(*) AS count FROM ${table}`);

  const inHand = new Map<number, Promise<void>>();
  const waitingForIdle: (() => void)[] = [];
  let isStarted = false;
  let isClosed = false;
  let nextLook: NodeJS.Immediate | undefined;
  let stopTimer = () => {};

  const pendingCount = () => Number(count.get()?.count);

  function lookSoon(): void {
    nextLook ??= setImmediate(() => {
      nextLook = undefined;
      if (isClosed) return;
      // What a transaction has not committed yet is visible here, but must not be handed out.
      if (database.isTransaction) lookSoon();
      else look();
    });
  }

  function look(): void {
    if (isStarted) handOut();
    if (waitingForIdle.length > 0 && pendingCount() === 0) {
      for (const resolve of waitingForIdle.splice(0)) resolve();
    }
  }

  function handOut(): void {
    stopTimer();
    const now = clock.now();
    // With those in hand there are enough rows to fill every free place, and one more to tell when
    // to look again.
    for (const row of selectFirst.all(maxInFlight + 1)) {
      const id = Number(row.id);
      if (inHand.has(id)) continue;
      if (inHand.size >= maxInFlight) return;
      const dueInMs = Number(row.due_at_ms) - now;
      if (dueInMs > 0) {
        stopTimer = clock.after(dueInMs, lookSoon);
        return;
      }
      const item = {
        payload: String(row.payload),
        addedAtMs: Number(row.added_at_ms),
        failures: Number(row.failures),
      };
      inHand.set(id, finish(id, item));
    }
  }

  async function finish(id: number, item: QueuedItem): Promise<void> {
    const outcome = await handle(item).catch(() => 'REJECTED' as const);
    if (outcome === 'REJECTED') return;
    if (outcome === 'DONE') remove.run(id);
    else if (!isClosed) comeAgain(id, outcome);
    inHand.delete(id);
    lookSoon();
  }

  function comeAgain(id: number, outcome: Exclude<Outcome, 'DONE'>): void {
    const [inMs, failures] = 'retryInMs' in outcome ? [outcome.retryInMs, 1] : [outcome.againInMs, 0];
    postpone.run(clock.now() + inMs, failures, id);
  }

  return {
    add(payload) {
      const now = clock.now();
      insert.run(payload, now, now);
      lookSoon();
    },
    start() {
      isStarted = true;
      lookSoon();
    },
    pendingCount,
    idle() {
      lookSoon();
      return new Promise((resolve) => waitingForIdle.push(resolve));
    },
    async close() {
      isClosed = true;
      clearImmediate(nextLook);
      stopTimer();
      await Promise.all(inHand.values());
    },
  };
}
