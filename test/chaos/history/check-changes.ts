/**
 * The specification of the life of a process: it begins RUNNING, only a stop aborts it, it ends
 * once in each run, and only a redrive leaves an end, never a success.
 */
import type { ProcessState } from '../../../client/index.ts';
import {
  givenTo,
  joins,
  newestBefore,
  type Operation,
  precedes,
  type Seen,
  type Violation,
} from './operations.ts';

/** Checks the operations on one id; `seen` are the states that they received, in order. */
export function checkChanges(operations: readonly Operation[], seen: readonly Seen[]): Violation[] {
  const byVersion = firstByVersion(seen);
  return [
    ...checkLife(operations, byVersion),
    ...operations.flatMap((operation) => {
      if (operation.call === 'stop') return checkStop(operation, operations, seen, byVersion);
      if (operation.call === 'redrive') return checkRedrive(operation, seen, byVersion, operations);
      if (operation.call === 'get' || operation.call === 'data' || operation.call === 'start') return [];
      return checkEnd(operation);
    }),
  ];
}

/** Returns the first observation of each version, in the order of versions. */
function firstByVersion(seen: readonly Seen[]): Seen[] {
  const firsts = new Map<number, Seen>();
  for (const each of seen) if (!firsts.has(each.state.version)) firsts.set(each.state.version, each);
  return [...firsts.values()].sort((a, b) => a.state.version - b.state.version);
}

function checkLife(operations: readonly Operation[], byVersion: readonly Seen[]): Violation[] {
  const violations: Violation[] = [];
  const [first] = byVersion;
  if (first?.state.version === 1 && first.state.status !== 'RUNNING') {
    const what = `the first version is ${first.state.status}`;
    violations.push({ rule: 'a process begins RUNNING', what, operations: [first.operation] });
  }
  const left: Seen[] = [];
  for (const [index, each] of byVersion.entries()) {
    const { status, error } = each.state;
    if (status === 'ABORTED' && !operations.some((other) => isStop(other) && other.invokedAt < each.at)) {
      const what = 'a process was aborted, and nobody had stopped it';
      violations.push({ rule: 'only a stop aborts', what, operations: [each.operation] });
    }
    const next = byVersion[index + 1];
    // A start that was interrupted before the execution is not redriven, but repeated.
    if (!next || !isEnd(each.state) || error === 'NotStarted') continue;
    if (status === 'SUCCEEDED') {
      const what = 'a success was left';
      violations.push({ rule: 'a success is final', what, operations: givenTo(each, next) });
    }
    left.push(each);
    const redrives = operations.filter((other) => isRedrive(other) && other.invokedAt < next.at);
    if (redrives.length < left.length) {
      const what = 'an end was left without a redrive';
      const shown = [...new Set([...redrives, ...givenTo(...left, next)])];
      violations.push({ rule: 'only a redrive leaves an end', what, operations: shown });
    }
  }
  return violations;
}

/**
 * A stop is rejected only if the process may not be running, and a stopped process does not run
 * forever.
 */
function checkStop(
  stop: Operation,
  operations: readonly Operation[],
  seen: readonly Seen[],
  byVersion: readonly Seen[],
): Violation[] {
  if (stop.result.error === 'ProcessNotRunning') {
    return checkWindow(stop, seen, operations, byVersion, isEnd, {
      rule: 'a running process can be stopped',
      what: 'a stop was rejected while the process was running',
    });
  }
  const { state } = stop.result;
  const last = operations.findLast(({ call, result }) => call === 'get' && result.state);
  const isLast = last && operations.every((other) => other === last || precedes(other, last));
  if (!state || isEnd(state) || !isLast || last.result.state?.version !== state.version) return [];
  const what = 'a process was stopped, and runs in the end as if it had not been';
  return [{ rule: 'a stop ends the run', what, operations: [stop, last] }];
}

/**
 * A redrive is rejected only if the process may be running or have succeeded, and returns a newer
 * state than the end before it.
 */
function checkRedrive(
  redrive: Operation,
  seen: readonly Seen[],
  byVersion: readonly Seen[],
  operations: readonly Operation[],
): Violation[] {
  if (redrive.result.error === 'NotRedrivable') {
    return checkWindow(redrive, seen, operations, byVersion, (state) => !isRedrivable(state), {
      rule: 'a failed process can be redriven',
      what: 'a redrive was rejected though the process had ended and not succeeded',
    });
  }
  const { state } = redrive.result;
  const before = newestBefore(seen, redrive);
  if (!state || !before || !isRedrivable(before.state) || state.version > before.state.version) return [];
  const what = 'a redrive was accepted, and the process is still at its end';
  return [{ rule: 'a redrive leaves the end', what, operations: [before.operation, redrive] }];
}

/**
 * Returns a violation if every version that the process may have had during the operation is known,
 * and none explains the rejection.
 */
function checkWindow(
  operation: Operation,
  seen: readonly Seen[],
  operations: readonly Operation[],
  byVersion: readonly Seen[],
  explains: (state: ProcessState) => boolean,
  violation: { rule: string; what: string },
): Violation[] {
  const before = newestBefore(seen, operation);
  const [after] = operations
    .filter((other) => precedes(operation, other) && !joins(other, operations))
    .flatMap(({ seen: [first] }) => first ?? [])
    .sort((a, b) => a.state.version - b.state.version);
  if (!before || !after) return [];
  const { version: from } = before.state;
  const { version: to } = after.state;
  const during = byVersion.filter(({ state }) => state.version >= from && state.version <= to);
  if (during.length < to - from + 1 || during.some(({ state }) => explains(state))) return [];
  return [{ ...violation, operations: [...new Set([before.operation, operation, after.operation])] }];
}

/** A call that follows a process ends with an end, equal to its last update. */
function checkEnd(operation: Operation): Violation[] {
  const { result, outcome, updates, seen } = operation;
  const rule = 'a call that follows ends with the end';
  const ends = seen.filter(({ state }) => isEnd(state));
  const [end] = ends;
  if (outcome !== 'succeeded') return [];
  if (!end) return [{ rule, what: 'a call was over before the process had ended', operations: [operation] }];
  const after = updates.slice(updates.findIndex(({ state }) => state && isEnd(state)) + 1);
  if (updates.length > 0 && after.length > 0)
    return [{ rule, what: 'an update came after the end', operations: [operation] }];
  const { status, version } = end.state;
  const differs = result.state && (result.state.status !== status || result.state.version !== version);
  const succeeds = operation.call === 'run' && !result.state;
  if (differs || (succeeds && status !== 'SUCCEEDED'))
    return [{ rule, what: 'a call settled otherwise than its last update', operations: [operation] }];
  return [];
}

function isStop({ call, outcome }: Operation): boolean {
  return call === 'stop' && outcome !== 'failed';
}

function isRedrive({ call, outcome }: Operation): boolean {
  return call === 'redrive' && outcome !== 'failed';
}

function isEnd({ status }: ProcessState): boolean {
  return status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
}

function isRedrivable(state: ProcessState): boolean {
  return isEnd(state) && state.status !== 'SUCCEEDED' && state.error !== 'NotStarted';
}
