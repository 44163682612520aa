/**
 * Small runs of `npm run chaos` and `npm run kill`, each with its own runtime.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runChaos } from './chaos/chaos.ts';
import { checkHistory } from './chaos/history/check-history.ts';
import type { HistoryEvent } from './chaos/history/history.ts';
import { storyOf } from './chaos/history/story.ts';
import { runKills } from './chaos/kills.ts';

const folder = mkdtempSync(join(tmpdir(), 'facade-chaos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('under every fault, including kills of the runtime', () => {
  it('the history of all calls matches the specification, and every call ends as Step Functions and the record say', async () => {
    // To reproduce a failure: npm run chaos -- --processes 32 --in-flight 20 --seed 7 --faults
    // all,kill=0.0002
    let history: readonly HistoryEvent[] = [];
    const { settled, truth, starts } = await runChaos({
      processes: 32,
      inFlight: 20,
      seed: 7,
      faults: 'all,kill=0.0002',
      folder: mkdtempSync(join(folder, 'chaos-')),
      onHistory: (events) => {
        history = events;
      },
    });
    expect(checkHistory(history).map((violation) => storyOf(violation).join('\n'))).toEqual([]);
    expect(new Set(history.flatMap((event) => (event.type === 'invoked' ? event.call : []))).size).toBe(7);
    expect(truth.lies).toEqual([]);
    expect(truth.executions).toBe(32);
    expect(new Set(settled.map(({ processId }) => processId)).size).toBe(32);
    expect(new Set(settled.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(5);
    expect(starts).toBeGreaterThan(1);
  }, 180_000);
});

describe('a runtime that is killed under load', () => {
  it('has every accepted process, complete objects, and no repeated effect of a step with a document', async () => {
    // To reproduce a failure: npm run kill -- --kills 3 --seed 7
    const outcome = await runKills({ kills: 3, seed: 7, folder: mkdtempSync(join(folder, 'kills-')) });
    expect(outcome).toMatchObject({ starts: 4, missing: [], wrong: [] });
    expect(outcome.accepted).toBeGreaterThan(0);
  }, 180_000);
});
