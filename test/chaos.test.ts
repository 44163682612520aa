/**
 * Small runs of `npm run chaos` and `npm run kill`, each with a runtime of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runChaos } from './chaos/chaos.ts';
import { runKills } from './chaos/kills.ts';

const folder = mkdtempSync(join(tmpdir(), 'facade-chaos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('under every fault of the dial, the kill of the runtime among them', () => {
  it('every call settles once, with the outcome and in the version that Step Functions and the record hold', async () => {
    // Fails? The same again: npm run chaos -- --processes 40 --in-flight 20 --seed 7 --faults all,kill=0.0002
    const { settled, truth, starts } = await runChaos({
      processes: 40,
      inFlight: 20,
      seed: 7,
      faults: 'all,kill=0.0002',
      folder: mkdtempSync(join(folder, 'chaos-')),
    });
    expect(truth.lies).toEqual([]);
    expect(truth.executions).toBe(40);
    expect(new Set(settled.map(({ processId }) => processId)).size).toBe(40);
    expect(new Set(settled.map(({ kind }) => kind)).size).toBe(5);
    expect(starts).toBeGreaterThan(1);
  }, 180_000);
});

describe('a runtime that is killed under load', () => {
  it('has every accepted process, whole objects, and no effect of a step whose document was written', async () => {
    // Fails? The same again: npm run kill -- --kills 3 --seed 7
    const outcome = await runKills({ kills: 3, seed: 7, folder: mkdtempSync(join(folder, 'kills-')) });
    expect(outcome).toMatchObject({ starts: 4, missing: [], wrong: [] });
    expect(outcome.accepted).toBeGreaterThan(0);
  }, 180_000);
});
