import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { MessageAttributes } from './message-attributes.ts';

/**
 * A received message. Every receive gives it a new receipt; only the newest one can delete it.
 */
export type ReceivedMessage = {
  messageId: string;
  receipt: string;
  body: string;
  attributes: MessageAttributes;
  sentAtMs: number;
  firstReceivedAtMs: number;
  receiveCount: number;
};

/** The numbers of messages of a queue that can be received, are in flight, or are delayed. */
type MessageCounts = { visible: number; inFlight: number; delayed: number };

/**
 * The messages of all queues. Each method runs one or two statements, so it may be called within an
 * open transaction.
 */
export type MessageStore = {
  add(queueArn: string, message: { body: string; attributes: MessageAttributes; delayMs: number }): string;
  /**
   * Receives up to `max` messages, oldest first, and hides them for `visibilityMs`. Deletes
   * messages that are older than `retentionMs`.
   */
  receive(
    queueArn: string,
    options: { max: number; visibilityMs: number; retentionMs: number },
  ): ReceivedMessage[];
  /** Returns when the next hidden message becomes visible; undefined if none is hidden. */
  nextVisibleAtMs(queueArn: string): number | undefined;
  /** Deletes the message if the receipt is its newest. */
  remove(queueArn: string, receipt: string): void;
  /** Hides the message from now on. Returns false if it is not in flight under that receipt. */
  hide(queueArn: string, receipt: string, visibilityMs: number): boolean;
  count(queueArn: string): MessageCounts;
  purge(queueArn: string): void;
};

/** Creates a store in a table of the database. */
export function createMessageStore(database: DatabaseSync, now: () => number): MessageStore {
  database.exec(`
    CREATE TABLE IF NOT EXISTS sqs_messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      queue_arn TEXT NOT NULL,
      message_id TEXT NOT NULL,
      body TEXT NOT NULL,
      attributes TEXT NOT NULL,
      sent_at_ms INTEGER NOT NULL,
      visible_at_ms INTEGER NOT NULL,
      receipt TEXT,
      first_received_at_ms INTEGER,
      receive_count INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX IF NOT EXISTS sqs_messages_by_visibility ON sqs_messages (queue_arn, visible_at_ms);
    CREATE INDEX IF NOT EXISTS sqs_messages_by_receipt ON sqs_messages (receipt);
  `);
  const insert = database.prepare(
    'INSERT INTO sqs_messages (queue_arn, message_id, body, attributes, sent_at_ms, visible_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const expire = database.prepare('DELETE FROM sqs_messages WHERE queue_arn = ? AND sent_at_ms <= ?');
  const selectVisible = database.prepare(
    'SELECT id FROM sqs_messages WHERE queue_arn = ? AND visible_at_ms <= ? ORDER BY visible_at_ms, id LIMIT ?',
  );
  const take = database.prepare(`
    UPDATE sqs_messages
    SET visible_at_ms = ?, receipt = ?, receive_count = receive_count + 1,
      first_received_at_ms = COALESCE(first_received_at_ms, ?)
    WHERE id = ?
    RETURNING *
  `);
  const selectNext = database.prepare(
    'SELECT MIN(visible_at_ms) AS at FROM sqs_messages WHERE queue_arn = ? AND visible_at_ms > ?',
  );
  const deleteByReceipt = database.prepare('DELETE FROM sqs_messages WHERE queue_arn = ? AND receipt = ?');
  const setVisible = database.prepare(
    'UPDATE sqs_messages SET visible_at_ms = ? WHERE queue_arn = ? AND receipt = ? AND visible_at_ms > ?',
  );
  const selectCounts = database.prepare(`
    SELECT
      COUNT(*) FILTER (WHERE visible_at_ms <= :now) AS visible,
      COUNT(*) FILTER (WHERE visible_at_ms > :now AND receipt IS NOT NULL) AS in_flight,
      COUNT(*) FILTER (WHERE visible_at_ms > :now AND receipt IS NULL) AS delayed
    FROM sqs_messages WHERE queue_arn = :queueArn
  `);
  const deleteAll = database.prepare('DELETE FROM sqs_messages WHERE queue_arn = ?');

  return {
    add(queueArn, { body, attributes, delayMs }) {
      const messageId = randomUUID();
      insert.run(queueArn, messageId, body, JSON.stringify(attributes), now(), now() + delayMs);
      return messageId;
    },
    receive(queueArn, { max, visibilityMs, retentionMs }) {
      expire.run(queueArn, now() - retentionMs);
      return selectVisible.all(queueArn, now(), max).flatMap(({ id }) => {
        const row = take.get(now() + visibilityMs, randomUUID(), now(), id ?? null);
        return row ? [received(row)] : [];
      });
    },
    nextVisibleAtMs(queueArn) {
      const at = selectNext.get(queueArn, now())?.at;
      return typeof at === 'number' ? at : undefined;
    },
    remove(queueArn, receipt) {
      deleteByReceipt.run(queueArn, receipt);
    },
    hide(queueArn, receipt, visibilityMs) {
      return setVisible.run(now() + visibilityMs, queueArn, receipt, now()).changes > 0;
    },
    count(queueArn) {
      const row = selectCounts.get({ ':now': now(), ':queueArn': queueArn });
      return {
        visible: Number(row?.visible),
        inFlight: Number(row?.in_flight),
        delayed: Number(row?.delayed),
      };
    },
    purge(queueArn) {
      deleteAll.run(queueArn);
    },
  };
}

function received(row: Record<string, unknown>): ReceivedMessage {
  return {
    messageId: String(row.message_id),
    receipt: String(row.receipt),
    body: String(row.body),
    attributes: JSON.parse(String(row.attributes)),
    sentAtMs: Number(row.sent_at_ms),
    firstReceivedAtMs: Number(row.first_received_at_ms),
    receiveCount: Number(row.receive_count),
  };
}
