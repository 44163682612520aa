/**
 * A history, sorted by operation and process, for the rules to look at.
 */
import type { ProcessState } from '../../../client/index.ts';
import type { HistoryEvent, Invoked, Settled, Told } from './history.ts';

/** A state that a client was given, and when: its place in the history. */
export type Seen = { state: ProcessState; at: number; operation: Operation };

/** One call from its invocation to its end. */
export type Operation = Omit<Invoked, 'type' | 'atMs'> & {
  /** Its place in the history. */
  invokedAt: number;
  /** Its place in the history; infinity for a call that never settled. */
  settledAt: number;
  /** `pending` for a call that never settled. */
  outcome: Settled['type'] | 'pending';
  result: Partial<Omit<Settled, 'type' | 'op' | 'atMs'>>;
  /** All states that it was given, the result's last. */
  seen: Seen[];
  told: Told[];
  /** Its lines, each with its place in the history. */
  lines: { at: number; event: HistoryEvent }[];
};

/**
 * Something that the specification does not allow, and the operations that show it by themselves.
 */
export type Violation = { rule: string; what: string; operations: Operation[] };

/**
 * The operations of a history in the order of their invocation, and what is wrong with the history
 * as such: each call settles once, and is told nothing afterwards.
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
      const what = event.type === 'told' ? 'was told something after it had settled' : 'settled twice';
      violations.push({ rule: 'settles once', what: `a call ${what}`, operations: [operation] });
    } else if (event.type === 'told') {
      operation.told.push(event);
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
    told: [],
    lines: [{ at, event }],
  };
}

/** Whether the first was over before the second began. */
export function precedes(first: { settledAt: number }, second: { invokedAt: number }): boolean {
  return first.settledAt < second.invokedAt;
}

/** Every state that was seen of a process, in the order in which clients learned them. */
export function seenOf(operations: readonly Operation[]): Seen[] {
  return operations.flatMap(({ seen }) => seen).sort((a, b) => a.at - b.at);
}

/** The operations that were given these states, each once. */
export function givenTo(...seen: readonly Seen[]): Operation[] {
  return [...new Set(seen.map(({ operation }) => operation))];
}

/**
 * The highest version that somebody had been given before the operation began; the first to be
 * given it.
 */
export function newestBefore(seen: readonly Seen[], { invokedAt }: Operation): Seen | undefined {
  let newest: Seen | undefined;
  for (const each of seen) {
    if (each.at < invokedAt && each.state.version > (newest?.state.version ?? 0)) newest = each;
  }
  return newest;
}

/**
 * Whether the call follows a process that its client follows already: then it begins with what that
 * client knows, which may be older than what other clients know.
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
