/**
 * A violation as a story: the calls and results of each client, line by line, in order.
 */
import type { ProcessState } from '../../../client/index.ts';
import { documentName, type HistoryEvent } from './history.ts';
import type { Violation } from './operations.ts';

/** Returns the lines. Times count from the first line. */
export function storyOf({ rule, what, operations }: Violation): string[] {
  const lines = operations
    .flatMap((operation) => operation.lines.map((line) => ({ operation, ...line })))
    .sort((a, b) => a.at - b.at);
  const beganAtMs = lines[0]?.event.atMs ?? 0;
  return [
    `VIOLATION   ${rule}: ${what}`,
    `            process ${operations[0]?.processId}`,
    ...lines.map(({ operation: { session, call, op }, event }) => {
      const seconds = ((event.atMs - beganAtMs) / 1_000).toFixed(3).padStart(9);
      return `${seconds} s  ${session.padEnd(8)} ${`${call} #${op}`.padEnd(14)} ${describe(event)}`;
    }),
  ];
}

function describe(event: HistoryEvent): string {
  switch (event.type) {
    case 'invoked': {
      const { asked } = event;
      if (!asked) return 'is called';
      return `is called: ${asked.definition} ${JSON.stringify(asked.input)}${asked.onConflict === 'REJECT' ? ', REJECT' : ''}`;
    }
    case 'update':
      return event.state
        ? `receives ${describeState(event.state)}`
        : `receives the document ${event.step && documentName(event.step)}`;
    case 'succeeded': {
      const { state, documents } = event;
      if (state) return `returns ${describeState(state)}`;
      if (documents) return `returns ${JSON.stringify(documents)}`;
      return 'output' in event ? `returns ${JSON.stringify(event.output)}` : 'is over';
    }
    case 'failed':
      return `fails: ${event.error}`;
    case 'unknown':
      return `gives up: ${event.error}`;
  }
}

function describeState({ status, version, stepsDone, error }: ProcessState): string {
  return `version ${version}: ${status}${error ? ` (${error})` : ''}, ${stepsDone} steps done`;
}
