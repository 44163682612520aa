/**
 * The specification of starts: an id is free until one start takes it. From then on it is that
 * definition with that input, for everyone and forever.
 *
 * A start takes its id at one moment between its invocation and its end, or at any later moment if
 * its end is unknown. A conflict means that the id was taken. The state can be read a little later,
 * at the end of the start at the latest.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Asked } from './history.ts';
import { type Operation, precedes, type Violation } from './operations.ts';

type Start = Operation & { asked: Asked };

/** Checks the operations on one id. */
export function checkStarts(operations: readonly Operation[]): Violation[] {
  const starts = operations.filter((operation): operation is Start => operation.asked !== undefined);
  const accepted = starts.filter(isAccepted);
  const conflicts = starts.filter(({ result }) => result.error === 'ProcessConflict');
  // Every start that may have taken the id, also one whose result was lost.
  const takers = starts.filter(({ outcome, seen }) => outcome !== 'failed' || seen.length > 0);
  const rejecting = accepted.filter(({ asked }) => asked.onConflict === 'REJECT');
  const [winner] = accepted;

  return [
    ...(winner ? accepted.filter((start) => !isSame(start.asked, winner.asked)) : []).map((start) => ({
      rule: 'one id is one process',
      what: 'two starts with another definition or input were accepted under one id',
      operations: [winner, start].filter((each) => each !== undefined),
    })),
    ...rejecting.slice(1).map((start) => ({
      rule: 'REJECT starts at most once',
      what: 'two starts that must be the first ones were accepted',
      operations: [rejecting[0] ?? start, start],
    })),
    ...rejecting.flatMap((start) =>
      accepted
        .filter((other) => precedes(other, start))
        .slice(0, 1)
        .map((other) => ({
          rule: 'REJECT starts at most once',
          what: 'a start that must be the first one was accepted after another',
          operations: [other, start],
        })),
    ),
    ...conflicts.flatMap((conflict) => checkConflict(conflict, takers, winner)),
    ...checkUnstarted(operations, takers),
  ];
}

/** Every response needs a start that had been invoked. */
function checkUnstarted(operations: readonly Operation[], takers: readonly Start[]): Violation[] {
  const first = operations.find(
    ({ seen, result, settledAt }) =>
      (seen.length > 0 || result.documents) &&
      !takers.some(({ invokedAt }) => invokedAt < (seen[0]?.at ?? settledAt)),
  );
  if (!first) return [];
  return [
    {
      rule: 'nothing comes from nothing',
      what: 'a process was seen that nobody started',
      operations: [first],
    },
  ];
}

function checkConflict(conflict: Start, takers: readonly Start[], winner: Start | undefined): Violation[] {
  const { asked } = conflict;
  const joins = asked.onConflict === 'JOIN';
  if (joins && winner && isSame(winner.asked, asked)) {
    return [
      {
        rule: 'a start may be repeated',
        what: 'a start was rejected though its definition and input are those of the process',
        operations: [winner, conflict],
      },
    ];
  }
  const causes = takers.filter(
    (other) => other.invokedAt < conflict.settledAt && !(joins && isSame(other.asked, asked)),
  );
  if (causes.length > 0) return [];
  return [
    {
      rule: 'a conflict has a cause',
      what: 'a start was rejected for a conflict, and there was no other start',
      operations: [conflict],
    },
  ];
}

/** Accepted, even if the call's result is unknown: a `run` that received a state. */
function isAccepted({ outcome, seen }: Operation): boolean {
  return outcome === 'succeeded' || seen.length > 0;
}

function isSame(a: Asked, b: Asked): boolean {
  return a.definition === b.definition && isDeepStrictEqual(a.input, b.input);
}
