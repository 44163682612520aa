import type { Settled } from './load.ts';
import type { Truth } from './truth.ts';

/** Lines for people: by which way the outcomes came, how late, and what was wrong. */
export function reportOf(
  settled: readonly Settled[],
  truth: Truth,
  recordedBy: Readonly<Record<string, number>>,
): string[] {
  const ways = countBy(settled.map(({ way }) => way));
  const outcomes = countBy(settled.map(({ kind, state }) => `${kind} → ${state.status}`));
  const delays = truth.delaysMs.toSorted((a, b) => a - b);
  const percentile = (percent: number) =>
    delays[Math.min(delays.length - 1, Math.floor((delays.length * percent) / 100))];
  return [
    `Outcomes      ${format(outcomes)}`,
    `Came by       ${format(ways)}`,
    `Recorded by   ${format(recordedBy)}`,
    `End to caller p50 ${percentile(50)} ms, p99 ${percentile(99)} ms, maximum ${delays.at(-1)} ms`,
    `Executions    ${truth.executions} for ${settled.length} processes`,
    ...truth.lies.map((lie) => `WRONG         ${lie}`),
  ];
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

function format(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
