import { percentile } from '../../bench/percentile.ts';
import type { UpdateSource } from '../../client/index.ts';
import type { Recorder } from '../../core/services.ts';
import type { ChaosOutcome } from './chaos.ts';
import type { Settled } from './load.ts';
import { nameOfState } from './runtime.ts';

const SOURCES: Record<UpdateSource, string> = {
  push: 'push',
  ack: 'fetch after ack',
  reconnect: 'fetch after reconnect',
  poll: 'safety poll',
  start: 'response to the start',
  call: 'response to another call',
};
const RECORDERS: Record<Recorder | 'unknown', string> = {
  event: 'event',
  read: 'read repair',
  sweep: 'sweep',
  stop: 'stop',
  redrive: 'redrive',
  unknown: 'not logged',
};

/**
 * Formats a report: how the processes ended, how the client received each end (rows) and how the
 * facade had recorded it (columns), the delays, and the violations.
 */
export function reportOf({ settled, truth, recordedBy, starts }: ChaosOutcome): string[] {
  const recorderOf = ({ state }: Settled) => recordedBy.get(nameOfState(state)) ?? 'unknown';
  const recorders = (Object.keys(RECORDERS) as (keyof typeof RECORDERS)[]).filter((recorder) =>
    settled.some((each) => recorderOf(each) === recorder),
  );
  const row = (name: string, rows: readonly Settled[]) => [
    name,
    String(rows.length),
    ...recorders.map((recorder) => String(rows.filter((each) => recorderOf(each) === recorder).length)),
    ...delaysOf(rows.flatMap(({ processId }) => truth.delaysMs.get(processId) ?? [])),
  ];
  const sources = (Object.keys(SOURCES) as UpdateSource[]).map((source) =>
    row(
      SOURCES[source],
      settled.filter((each) => each.source === source),
    ),
  );
  return [
    `Runtime     started ${starts} times`,
    `Outcomes    ${countOutcomes(settled)}`,
    `Executions  ${truth.executions} for ${settled.length} processes`,
    '',
    ...format([
      [
        'reached the caller by',
        'all',
        ...recorders.map((recorder) => RECORDERS[recorder]),
        'p50',
        'p99',
        'max',
      ],
      ...sources,
      row('all', settled),
    ]),
    '',
    ...truth.lies.map((lie) => `WRONG       ${lie}`),
    truth.lies.length === 0 && truth.executions === settled.length
      ? 'Every call that followed a process ended with the outcome that Step Functions holds.'
      : 'NOT every call that followed a process ended with the outcome that Step Functions holds.',
  ];
}

function countOutcomes(settled: readonly Settled[]): string {
  const counts = new Map<string, number>();
  for (const { kind, state } of settled) {
    const outcome = `${kind} → ${state.status}`;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ');
}

/** From the end of the execution to its caller: the median, the 99th percentile and the maximum. */
function delaysOf(delaysMs: readonly number[]): string[] {
  return [50, 99, 100].map((percent) => (delaysMs.length > 0 ? `${percentile(delaysMs, percent)} ms` : '–'));
}

function format(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
