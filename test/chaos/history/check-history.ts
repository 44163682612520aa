/**
 * Checks a whole history against the guarantees of the facade: as if every call took effect at one
 * moment between its invocation and its end, on one copy of the data.
 *
 * Processes are independent of each other, so each id is checked separately. The version in every
 * state gives the order of the changes, so no order has to be searched for.
 */
import { checkChanges } from './check-changes.ts';
import { checkDocuments } from './check-documents.ts';
import { checkReads } from './check-reads.ts';
import { checkStarts } from './check-starts.ts';
import type { Call, HistoryEvent } from './history.ts';
import { type Operation, seenOf, toOperations, type Violation } from './operations.ts';

/** The errors with which the API may reject a valid call. */
const FAILURES: Record<Call, readonly string[]> = {
  start: ['ProcessConflict'],
  run: ['ProcessConflict'],
  get: ['ProcessNotFound'],
  data: ['ProcessNotFound'],
  wait: ['ProcessNotFound'],
  watch: ['ProcessNotFound'],
  stop: ['ProcessNotFound', 'ProcessNotRunning'],
  redrive: ['ProcessNotFound', 'NotRedrivable'],
};

/** Returns all violations, the shortest first. */
export function checkHistory(events: readonly HistoryEvent[]): Violation[] {
  const { operations, violations } = toOperations(events);
  violations.push(...operations.flatMap(checkFailure));
  for (const ofProcess of Map.groupBy(operations, ({ processId }) => processId).values()) {
    const seen = seenOf(ofProcess);
    violations.push(
      ...checkStarts(ofProcess),
      ...checkReads(ofProcess, seen),
      ...checkChanges(ofProcess, seen),
      ...checkDocuments(ofProcess, seen),
    );
  }
  const length = ({ operations: shown }: Violation) =>
    shown.reduce((sum, { lines }) => sum + lines.length, 0);
  return violations.sort((a, b) => length(a) - length(b));
}

function checkFailure(operation: Operation): Violation[] {
  const { outcome, result, call } = operation;
  if (outcome !== 'failed' || FAILURES[call].includes(result.error ?? '')) return [];
  const what = `a valid call of ${call} was rejected with ${result.error}`;
  return [{ rule: 'only named errors', what, operations: [operation] }];
}
