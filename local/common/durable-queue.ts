import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from './clock.ts';

/** An item as the handler receives it. `failures` counts the handler's earlier `retryInMs`. */
export type QueuedItem = { payload: string; addedAtMs: number; failures: number };

/**
 * The outcome of handling an item: it is done and deleted, it is retried after a failure, or it is
 * handled again without counting a failure.
 */
export type Outcome = 'DONE' | { retryInMs: number } | { againInMs: number };

/** The options of a {@link DurableQueue}. */
type DurableQueueOptions = {
  database: DatabaseSync;
  /** The name of the queue's table, which the queue creates. */
  table: string;
  maxInFlight: number;
  handle(item: QueuedItem): Promise<Outcome>;
  clock: Clock;
};

/**
 * A queue that survives the process. It passes each item to `handle` at least once, in order of due
 * time, and `maxInFlight` at a time.
 *
 * An item is deleted after `handle` returns `DONE`, so an item that a crash interrupts is handled
 * again. If `handle` rejects, the item stays untouched until the next start.
 */
export class DurableQueue {
  readonly #database: DatabaseSync;
  readonly #maxInFlight: number;
  readonly #handle: DurableQueueOptions['handle'];
  readonly #clock: Clock;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #inFlight = new Map<number, Promise<void>>();
  readonly #waitingForIdle: (() => void)[] = [];
  #isStarted = false;
  #isClosed = false;
  #nextCheck: NodeJS.Immediate | undefined;
  #stopTimer = () => {};

  constructor({ database, table, maxInFlight, handle, clock }: DurableQueueOptions) {
    this.#database = database;
    this.#maxInFlight = maxInFlight;
    this.#handle = handle;
    this.#clock = clock;
    this.#statements = prepare(database, table);
  }

  /**
   * Stores an item. It runs one INSERT, so it may be called within an open transaction on the
   * database, and takes effect when that is committed. The transaction must not stay open across an
   * `await`.
   */
  add(payload: string): void {
    const now = this.#clock.now();
    this.#statements.insert.run(payload, now, now);
    this.#checkSoon();
  }

  /** Starts to handle items, those of an earlier run first. */
  start(): void {
    this.#isStarted = true;
    this.#checkSoon();
  }

  /**
   * Returns the number of stored items, including those in flight and those waiting for a retry.
   */
  pendingCount(): number {
    return Number(this.#statements.count.get()?.count);
  }

  /** Resolves when no item is stored. */
  idle(): Promise<void> {
    this.#checkSoon();
    return new Promise((resolve) => this.#waitingForIdle.push(resolve));
  }

  /**
   * Stops handling items, and waits for those in flight. Unfinished items stay stored for the next
   * start.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearImmediate(this.#nextCheck);
    this.#stopTimer();
    await Promise.all(this.#inFlight.values());
  }

  #checkSoon(): void {
    this.#nextCheck ??= setImmediate(() => {
      this.#nextCheck = undefined;
      if (this.#isClosed) return;
      // Uncommitted items of a transaction are visible here, but must not be handled.
      if (this.#database.isTransaction) this.#checkSoon();
      else this.#check();
    });
  }

  #check(): void {
    if (this.#isStarted) this.#handleDueItems();
    if (this.#waitingForIdle.length > 0 && this.pendingCount() === 0) {
      for (const resolve of this.#waitingForIdle.splice(0)) resolve();
    }
  }

  #handleDueItems(): void {
    this.#stopTimer();
    const now = this.#clock.now();
    // Enough rows to fill every free place besides those in flight, and one more to know when to
    // check again.
    for (const row of this.#statements.selectFirst.all(this.#maxInFlight + 1)) {
      const id = Number(row.id);
      if (this.#inFlight.has(id)) continue;
      if (this.#inFlight.size >= this.#maxInFlight) return;
      const dueInMs = Number(row.due_at_ms) - now;
      if (dueInMs > 0) {
        this.#stopTimer = this.#clock.after(dueInMs, () => this.#checkSoon());
        return;
      }
      const item = {
        payload: String(row.payload),
        addedAtMs: Number(row.added_at_ms),
        failures: Number(row.failures),
      };
      this.#inFlight.set(id, this.#finish(id, item));
    }
  }

  async #finish(id: number, item: QueuedItem): Promise<void> {
    const outcome = await this.#handle(item).catch(() => 'REJECTED' as const);
    if (outcome === 'REJECTED') return;
    if (outcome === 'DONE') this.#statements.remove.run(id);
    else if (!this.#isClosed) this.#postpone(id, outcome);
    this.#inFlight.delete(id);
    this.#checkSoon();
  }

  #postpone(id: number, outcome: Exclude<Outcome, 'DONE'>): void {
    const [inMs, failures] = 'retryInMs' in outcome ? [outcome.retryInMs, 1] : [outcome.againInMs, 0];
    this.#statements.postpone.run(this.#clock.now() + inMs, failures, id);
  }
}

function prepare(database: DatabaseSync, table: string) {
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
  return {
    insert: database.prepare(
      `INSERT INTO ${table} (payload, added_at_ms, due_at_ms, failures) VALUES (?, ?, ?, 0)`,
    ),
    selectFirst: database.prepare(`SELECT * FROM ${table} ORDER BY due_at_ms, id LIMIT ?`),
    remove: database.prepare(`DELETE FROM ${table} WHERE id = ?`),
    postpone: database.prepare(`UPDATE ${table} SET due_at_ms = ?, failures = failures + ? WHERE id = ?`),
    count: database.prepare(`SELECT COUNT(*) AS count FROM ${table}`),
  };
}
