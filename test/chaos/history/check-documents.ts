/**
 * The specification of documents: the input is the one requested, a document is written once and
 * stays, a process that has succeeded has its output, and a stream reports each document once.
 */
import { isDeepStrictEqual } from 'node:util';
import { documentName } from './history.ts';
import { type Operation, precedes, type Seen, type Violation } from './operations.ts';

/** Checks the operations on one id; `seen` are the states that they received, in order. */
export function checkDocuments(operations: readonly Operation[], seen: readonly Seen[]): Violation[] {
  const reads = operations.filter(({ result }) => result.documents);
  const winner = operations.find(
    ({ asked, outcome, seen: own }) => asked && (outcome === 'succeeded' || own[0]),
  );
  const runs = operations.filter(({ call, result }) => call === 'run' && 'output' in result);
  const success = seen.find(({ state }) => state.status === 'SUCCEEDED');
  const streams = operations.filter(({ call }) => call === 'watch' || call === 'run');
  const ofReads = reads.flatMap((read) => {
    const violations: Violation[] = [];
    const { input, output } = read.result.documents ?? {};
    const found = (rule: string, what: string, ...others: Operation[]) =>
      violations.push({ rule, what, operations: [...new Set([...others, read])] });
    if (winner?.asked && !isDeepStrictEqual(winner.asked.input, input))
      found('the input is what was asked for', 'the process has another input', winner);
    for (const other of reads) {
      const step = changedStep(other, read);
      if (step !== undefined)
        found('a document is written once', `the document of ${step} vanished or changed`, other);
    }
    if (success && success.at < read.invokedAt && output === null)
      found('a success has its output', 'a process that had succeeded has no output', success.operation);
    for (const run of runs) {
      if (output !== null && !isDeepStrictEqual(run.result.output, output))
        found('a success has its output', 'a run returned another output', run);
    }
    return violations;
  });
  return [...ofReads, ...streams.flatMap((stream) => checkReports(stream, reads))];
}

/**
 * Nothing is reported twice. A stream that continues to the end reports everything that existed
 * before it began and, for a success, everything that exists.
 */
function checkReports(stream: Operation, reads: readonly Operation[]): Violation[] {
  const rule = 'a stream reports each document once';
  const reported = stream.updates.flatMap(({ step }) => (step ? documentName(step) : []));
  if (new Set(reported).size < reported.length)
    return [{ rule, what: 'a stream reported a document twice', operations: [stream] }];
  const succeeds = stream.seen.some(({ state }) => state.status === 'SUCCEEDED');
  const missing = reads.find(
    (read) =>
      stream.outcome === 'succeeded' &&
      (precedes(read, stream) || (succeeds && precedes(stream, read))) &&
      Object.keys(read.result.documents?.steps ?? {}).some((step) => !reported.includes(step)),
  );
  if (!missing) return [];
  return [{ rule, what: 'a stream ended without having reported a document', operations: [stream, missing] }];
}

/** Returns a step whose document the earlier read had, and the later one lacks or has changed. */
function changedStep(earlier: Operation, later: Operation): string | undefined {
  const before = earlier.result.documents?.steps ?? {};
  const after = later.result.documents?.steps ?? {};
  return Object.keys(before).find((step) => {
    const vanished = precedes(earlier, later) && !(step in after);
    return vanished || (step in after && !isDeepStrictEqual(before[step], after[step]));
  });
}
