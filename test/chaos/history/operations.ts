/**
 * A history, sorted by operation and process, as input of the rules.
 */
import type { ProcessState } from '../../../client/index.ts';
import type { HistoryEvent, Invoked, Settled, Update } from './history.ts';

/** A state that a client received, and its position in the history. */
export type Seen = { state: ProcessState; at: number; operation: Operation };

/** One call from its invocation to its end. */
export type Operation = Omit<Invoked, 'type' | 'atMs'> & {
  /** Its position in the history. */
  invokedAt: number;
  /** Its position in the history; infinity for a call that never settled. */
  settledAt: number;
  /** `pending` for a call that never settled. */
  outcome: Settled['type'] | 'pending';
  result: Partial<Omit<Settled, 'type' | 'op' | 'atMs'>>;
  /** All states that it received, the result's last. */
  seen: Seen[];
  updates: Update[];
  /** Its lines, each with its position in the history. */
  lines: { at: number; event: HistoryEvent }[];
};

/**
 * A violation of the specification, and the operations that suffice to show it.
 */
export type Violation = { rule: string; what: string; operations: Operation[] };

/**
 * Returns the operations of a history in the order of their invocation, and the violations of the
 * history as such: each call settles once, and receives nothing afterwards.
 */
export function toOperations(events: readonly HistoryEvent[]): {
  operations: Operation[];
  violations: Violation[];
} {
  const operations = new Map<number, Operation>();
  const violations: Violation[] = [];
  for (const [at, event] of events.entries()) {
    if (event.type === 'invoked') {
      operations.set(event.op, begin(event, at));
      continue;
    }
    const operation = operations.get(event.op);
    if (!operation) throw new Error(`Line ${at + 1}: operation ${event.op} was never invoked`);
    const over = operation.outcome !== 'pending';
    operation.lines.push({ at, event });
    if (over) {
      const what = event.type === 'update' ? 'received an update after it had settled' : 'settled twice';
      violations.push({ rule: 'settles once', what: `a call ${what}`, operations: [operation] });
    } else if (event.type === 'update') {
      operation.updates.push(event);
    } else {
      const { type, op: _, atMs: __, ...result } = event;
      Object.assign(operation, { outcome: type, settledAt: at, result });
    }
    if (!over && event.state) operation.seen.push({ state: event.state, at, operation });
  }
  for (const operation of operations.values()) {
    if (operation.outcome === 'pending')
      violations.push({ rule: 'settles once', what: 'a call never settled', operations: [operation] });
  }
  return { operations: [...operations.values()], violations };
}

function begin(event: Invoked, at: number): Operation {
  const { type: _, atMs: __, ...invoked } = event;
  return {
    ...invoked,
    invokedAt: at,
    settledAt: Number.POSITIVE_INFINITY,
    outcome: 'pending',
    result: {},
    seen: [],
    updates: [],
    lines: [{ at, event }],
  };
}

/** Returns whether the first ended before the second began. */
export function precedes(first: { settledAt: number }, second: { invokedAt: number }): boolean {
  return first.settledAt < second.invokedAt;
}

/** Returns every observed state of a process, in the order in which clients received them. */
export function seenOf(operations: readonly Operation[]): Seen[] {
  return operations.flatMap(({ seen }) => seen).sort((a, b) => a.at - b.at);
}

/** Returns the operations that received these states, each once. */
export function givenTo(...seen: readonly Seen[]): Operation[] {
  return [...new Set(seen.map(({ operation }) => operation))];
}

/**
 * Returns the first receiver of the highest version that any client had received before the
 * operation began.
 */
export function newestBefore(seen: readonly Seen[], { invokedAt }: Operation): Seen | undefined {
  let newest: Seen | undefined;
  for (const each of seen) {
    if (each.at < invokedAt && each.state.version > (newest?.state.version ?? 0)) newest = each;
  }
  return newest;
}

/**
 * Returns whether the call follows a process that its client already follows. It then begins with
 * the client's state, which may be older than that of other clients.
 */
export function joins(operation: Operation, operations: readonly Operation[]): boolean {
  const { session, invokedAt } = operation;
  return (
    follows(operation) &&
    operations.some(
      (other) =>
        follows(other) &&
        other.session === session &&
        other.invokedAt < invokedAt &&
        invokedAt < other.settledAt,
    )
  );
}

function follows({ call }: Operation): boolean {
  return call === 'watch' || call === 'wait' || call === 'run';
}
