import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Frame } from './frame.ts';
import type { HistoryEvent } from './history-event.ts';

/** The statuses of an execution, in the order in which the API's errors list them. */
export const EXECUTION_STATUSES = [
  'SUCCEEDED',
  'TIMED_OUT',
  'PENDING_REDRIVE',
  'ABORTED',
  'FAILED',
  'RUNNING',
] as const;

/** An execution as stored. `input` and `output` are JSON text. */
export type Execution = {
  id: number;
  arn: string;
  stateMachineArn: string;
  stateMachineName: string;
  roleArn: string;
  definitionHash: string;
  name: string;
  input: string;
  status: Exclude<(typeof EXECUTION_STATUSES)[number], 'PENDING_REDRIVE'>;
  startMs: number;
  stopMs: number | null;
  output: string | null;
  error: string | null;
  cause: string | null;
  redriveCount: number;
  redriveMs: number | null;
  /** The last redrive requests, to recognize a repeated one: JSON. */
  redriveTokens: string;
  traceHeader: string | null;
};

/** A page of executions, newest first, after the position of `after` in that order. */
export type ExecutionQuery = {
  stateMachineArn: string;
  status?: string;
  isRedriven?: boolean;
  after?: { startMs: number; id: number };
  limit: number;
};

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sfn_definition (hash TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sfn_execution (
    id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, stateMachineArn TEXT NOT NULL, stateMachineName TEXT NOT NULL,
    roleArn TEXT NOT NULL, definitionHash TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL, status TEXT NOT NULL,
    startMs INTEGER NOT NULL, stopMs INTEGER, output TEXT, error TEXT, cause TEXT,
    redriveCount INTEGER NOT NULL, redriveMs INTEGER, redriveTokens TEXT NOT NULL, traceHeader TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sfn_execution_newest ON sfn_execution (stateMachineArn, startMs, id);
  CREATE INDEX IF NOT EXISTS sfn_execution_running ON sfn_execution (id) WHERE status = 'RUNNING';
  CREATE TABLE IF NOT EXISTS sfn_event (
    executionId INTEGER NOT NULL, id INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (executionId, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sfn_frame (
    executionId INTEGER NOT NULL, path TEXT NOT NULL, frame TEXT NOT NULL, PRIMARY KEY (executionId, path)
  ) STRICT, WITHOUT ROWID;
`;

const COLUMNS = [
  ...[
    'arn',
    'stateMachineArn',
    'stateMachineName',
    'roleArn',
    'definitionHash',
    'name',
    'input',
    'status',
    'startMs',
  ],
  ...['stopMs', 'output', 'error', 'cause', 'redriveCount', 'redriveMs', 'redriveTokens', 'traceHeader'],
] as const;

/** The tables of the service. Each method runs synchronously, and throws SQLite's errors. */
export class ExecutionStore {
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;

  /** Opens the tables, and creates missing ones. */
  constructor(database: DatabaseSync) {
    database.exec(SCHEMA);
    this.#database = database;
    this.#statements = prepare(database);
  }

  /**
   * Commits all of `work` or nothing of it. The commit survives a crash of the process; with
   * `durable` also one of the machine.
   */
  transaction<T>(work: () => T, { durable = false } = {}): T {
    const database = this.#database;
    // The database is shared, and what others write to it can wait for the disk.
    const usual = durable && database.prepare('PRAGMA synchronous').get()?.synchronous;
    if (durable) database.exec('PRAGMA synchronous = FULL');
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    } finally {
      if (durable) database.exec(`PRAGMA synchronous = ${usual}`);
    }
  }

  /** Returns the text of a stored definition. */
  definition(hash: string): string | undefined {
    return this.#statements.definition.get(hash)?.definition as string | undefined;
  }

  /** Stores a definition for as long as the database exists, and returns its hash. */
  addDefinition(definition: string): string {
    this.#statements.addDefinition.run(hashOf(definition), definition);
    return hashOf(definition);
  }

  /** Returns whether exactly this text was stored before. */
  hasDefinition(definition: string): boolean {
    return this.#statements.definition.get(hashOf(definition)) !== undefined;
  }

  execution(arn: string): Execution | undefined {
    return this.#statements.execution.get(arn) as Execution | undefined;
  }

  runningExecutions(): Execution[] {
    return this.#statements.running.all() as Execution[];
  }

  insertExecution(execution: Omit<Execution, 'id'>): Execution {
    return { ...execution, id: Number(this.#statements.insert.run(execution).lastInsertRowid) };
  }

  updateExecution(execution: Execution): void {
    this.#statements.update.run(execution);
  }

  executions({ stateMachineArn, status, isRedriven, after, limit }: ExecutionQuery): Execution[] {
    const conditions = ['stateMachineArn = ?'];
    const values: SQLInputValue[] = [stateMachineArn];
    if (status !== undefined) {
      conditions.push('status = ?');
      values.push(status);
    }
    if (isRedriven !== undefined) conditions.push(isRedriven ? 'redriveCount > 0' : 'redriveCount = 0');
    if (after) {
      conditions.push('(startMs, id) < (?, ?)');
      values.push(after.startMs, after.id);
    }
    const where = conditions.join(' AND ');
    return this.#database
      .prepare(`SELECT * FROM sfn_execution WHERE ${where} ORDER BY startMs DESC, id DESC LIMIT ?`)
      .all(...values, limit) as Execution[];
  }

  /** Deletes executions that ended before that time, with their history. */
  deleteBefore(stopMs: number): void {
    for (const table of ['sfn_event', 'sfn_frame']) {
      this.#database
        .prepare(`DELETE FROM ${table} WHERE executionId IN (SELECT id FROM sfn_execution WHERE stopMs < ?)`)
        .run(stopMs);
    }
    this.#database.prepare('DELETE FROM sfn_execution WHERE stopMs < ?').run(stopMs);
  }

  /** Returns events after the id `from`; with `reverse` those before it, last first. */
  events(executionId: number, from: number, limit: number, reverse = false): HistoryEvent[] {
    const { events, eventsBefore } = this.#statements;
    return parse((reverse ? eventsBefore : events).all(executionId, from, limit), 'event');
  }

  lastEventId(executionId: number): number {
    return Number(this.#statements.lastEventId.get(executionId)?.id);
  }

  addEvent(executionId: number, event: HistoryEvent): void {
    this.#statements.addEvent.run(executionId, event.id, JSON.stringify(event));
  }

  frames(executionId: number): Frame[] {
    return parse(this.#statements.frames.all(executionId), 'frame');
  }

  saveFrame(executionId: number, frame: Frame): void {
    this.#statements.saveFrame.run(executionId, frame.path, JSON.stringify(frame));
  }

  /** Deletes the frames below that path, but not the one at it. */
  deleteFramesUnder(executionId: number, path: string): void {
    this.#statements.deleteFrames.run({ id: executionId, path });
  }

  deleteFrames(executionId: number): void {
    this.#statements.deleteAllFrames.run(executionId);
  }
}

function prepare(database: DatabaseSync) {
  return {
    definition: database.prepare('SELECT definition FROM sfn_definition WHERE hash = ?'),
    addDefinition: database.prepare('INSERT OR IGNORE INTO sfn_definition VALUES (?, ?)'),
    execution: database.prepare('SELECT * FROM sfn_execution WHERE arn = ?'),
    running: database.prepare("SELECT * FROM sfn_execution WHERE status = 'RUNNING' ORDER BY id"),
    insert: database.prepare(
      `INSERT INTO sfn_execution (${COLUMNS.join()}) VALUES (${COLUMNS.map((column) => `:${column}`).join()})`,
    ),
    update: database.prepare(
      `UPDATE sfn_execution SET ${COLUMNS.map((column) => `${column} = :${column}`).join()} WHERE id = :id`,
    ),
    events: database.prepare(
      'SELECT event FROM sfn_event WHERE executionId = ? AND id > ? ORDER BY id LIMIT ?',
    ),
    eventsBefore: database.prepare(
      'SELECT event FROM sfn_event WHERE executionId = ? AND id < ? ORDER BY id DESC LIMIT ?',
    ),
    lastEventId: database.prepare('SELECT coalesce(max(id), 0) AS id FROM sfn_event WHERE executionId = ?'),
    addEvent: database.prepare('INSERT INTO sfn_event VALUES (?, ?, ?)'),
    frames: database.prepare('SELECT frame FROM sfn_frame WHERE executionId = ? ORDER BY path'),
    saveFrame: database.prepare('INSERT OR REPLACE INTO sfn_frame VALUES (?, ?, ?)'),
    deleteFrames: database.prepare(
      'DELETE FROM sfn_frame WHERE executionId = :id AND substr(path, 1, length(:path)) = :path AND path <> :path',
    ),
    deleteAllFrames: database.prepare('DELETE FROM sfn_frame WHERE executionId = ?'),
  };
}

function parse<T>(rows: Record<string, unknown>[], column: string): T[] {
  return rows.map((row) => JSON.parse(String(row[column])) as T);
}

function hashOf(definition: string): string {
  return createHash('sha256').update(definition).digest('hex');
}
