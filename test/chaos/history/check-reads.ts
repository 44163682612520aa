/**
 * The specification of reads: an accepted process exists from then on, one version is one state,
 * and no client receives an older state than any client already had.
 */
import { isDeepStrictEqual } from 'node:util';
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
export function checkReads(operations: readonly Operation[], seen: readonly Seen[]): Violation[] {
  return [
    ...checkPresence(operations),
    ...checkVersions(seen),
    ...operations.flatMap((operation) => checkOrder(operation, operations, seen)),
    ...checkProgress(operations),
  ];
}

function checkPresence(operations: readonly Operation[]): Violation[] {
  const present = operations.filter(({ seen, result }) => seen.length > 0 || result.documents);
  return operations
    .filter(({ result }) => result.error === 'ProcessNotFound')
    .flatMap((missing) => {
      // For a continuing stream, from the first state.
      const found = present.find(({ seen, settledAt }) => (seen[0]?.at ?? settledAt) < missing.invokedAt);
      if (!found) return [];
      const what = 'a process that had been accepted was not found';
      return [{ rule: 'accepted means present', what, operations: [found, missing] }];
    });
}

/**
 * A version must be the same for every caller. The number of steps done changes while it runs.
 */
function checkVersions(seen: readonly Seen[]): Violation[] {
  const violations: Violation[] = [];
  const firsts = new Map<number, Seen>();
  const fixed = ({ definition, owner, startedAt }: ProcessState) => ({ definition, owner, startedAt });
  for (const each of seen) {
    const first = firsts.get(each.state.version) ?? each;
    firsts.set(first.state.version, first);
    if (!isDeepStrictEqual(withoutProgress(first.state), withoutProgress(each.state))) {
      const what = `two states have version ${first.state.version} and differ`;
      violations.push({ rule: 'a version is one state', what, operations: givenTo(first, each) });
    }
    const [start = each] = seen;
    if (!isDeepStrictEqual(fixed(start.state), fixed(each.state))) {
      const what = 'the definition, owner or start of a process changed';
      violations.push({ rule: 'a process stays the same', what, operations: givenTo(start, each) });
    }
  }
  return violations;
}

/**
 * A call receives nothing older than any client had before it began, and a stream nothing older
 * than it already reported. A call that follows a process which its client already follows begins
 * with the client's state.
 */
function checkOrder(
  operation: Operation,
  operations: readonly Operation[],
  seen: readonly Seen[],
): Violation[] {
  const violations: Violation[] = [];
  const { session } = operation;
  const own = seen.filter((each) => each.operation.session === session);
  const known = joins(operation, operations) ? own : seen;
  const before = newestBefore(known, operation);
  const [first] = operation.seen;
  if (before && first && first.state.version < before.state.version) {
    const isOwn = before.operation.session === session;
    const versions = `version ${first.state.version} after version ${before.state.version}`;
    violations.push({
      rule: isOwn ? 'a session never goes back' : 'a read is not stale',
      what: isOwn ? `a session was given ${versions}` : `a session was given ${versions} was known elsewhere`,
      operations: givenTo(before, first),
    });
  }
  const states = operation.updates.flatMap(({ state }) => state ?? []);
  const falls = states.some((state, index) => {
    const previous = states[index - 1];
    return previous !== undefined && !rises(previous, state);
  });
  if (falls) {
    const what = 'a stream gave a state that was not newer than the one before';
    violations.push({ rule: 'streams rise', what, operations: [operation] });
  }
  return violations;
}

/** The number of steps done, as `get` counts them, never falls. */
function checkProgress(operations: readonly Operation[]): Violation[] {
  const reads = operations.filter(({ call, result }) => call === 'get' && result.state);
  return reads.flatMap((later) => {
    const more = reads.find(
      (earlier) =>
        precedes(earlier, later) &&
        earlier.result.state?.version === later.result.state?.version &&
        (earlier.result.state?.stepsDone ?? 0) > (later.result.state?.stepsDone ?? 0),
    );
    if (!more) return [];
    const what = 'fewer steps were done than before';
    return [{ rule: 'progress does not fall', what, operations: [more, later] }];
  });
}

function rises(previous: ProcessState, next: ProcessState): boolean {
  return (
    next.version > previous.version ||
    (next.version === previous.version && next.stepsDone > previous.stepsDone)
  );
}

function withoutProgress({ stepsDone: _, stepsTotal: __, ...state }: ProcessState): unknown {
  return state;
}
