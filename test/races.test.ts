/**
 * Whoever changes a process's record and its mark, at once: starts, status events, the sweep, a redrive. In any order of their requests to S3
 * the record ends as the execution has, and the mark stands just as long as it runs.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type ProcessRef, processKey, runningKey } from '../data/keys.ts';
import type { Bucket } from '../data/objects.ts';
import { claimRunning, readRunning } from '../data/process-index.ts';
import {
  isTerminal,
  neverStarted,
  type Observation,
  type ProcessStatus,
  type StateRecord,
  startedAgain,
  startedState,
} from '../data/state.ts';
import { createState, readState, updateState } from '../data/state-record.ts';
import { createMemoryBucket } from './memory-bucket.ts';
import { openServices } from './services.ts';

const { pushed, close } = await openServices({});
afterAll(close);
const { announceState } = await import('../events/announce-state.ts');
const { recordObservation } = await import('../events/record-observation.ts');
const { recordStatusChange } = await import('../events/statusChange.ts');

/** An execution, which nothing but the test changes. */
type Execution = { status: ProcessStatus; redriveCount: number };

const PATIENCE = 30;

function event(bucket: Bucket, process: ProcessRef, { status, redriveCount }: Execution): Promise<void> {
  return recordStatusChange(bucket, {
    executionArn: 'arn:of:it',
    name: process.processId,
    status,
    redriveCount,
    input: JSON.stringify({ processData: processKey(process) }),
    stopDate: isTerminal(status) ? 1_800_000_000_000 + redriveCount : null,
    error: null,
    cause: null,
  });
}

/** What the sweep does with one mark; DescribeExecution may be behind, and tell of `seen` from before. */
async function look(bucket: Bucket, process: ProcessRef, seen: Observation): Promise<void> {
  if (!(await readRunning(bucket, process.processId))) return;
  const record = await readState(bucket, process);
  if (!record) return;
  if (isTerminal(record.status)) return announceState(bucket, process, record);
  const updated = await recordObservation(bucket, process, seen, 'sweep');
  if (updated?.changed) await announceState(bucket, process, updated.record);
}

/** What the mutation does, tried until the record has ended, as a caller who was told the end would. True when it was redriven. */
async function redrive(bucket: Bucket, process: ProcessRef, execution: Execution): Promise<boolean> {
  for (let attempt = 0; attempt < PATIENCE; attempt++) {
    const record = await readState(bucket, process);
    if (!record || !isTerminal(record.status)) continue;
    await claimRunning(bucket, process);
    Object.assign(execution, { status: 'RUNNING', redriveCount: record.redriveCount + 1 });
    await recordObservation(bucket, process, { ...execution }, 'redrive');
    return true;
  }
  return false;
}

describe('events, sweeps and a redrive at once', () => {
  it('end with the record as the execution is, versions that rise, and a mark just while it runs', async () => {
    const plan = fc.record({
      doubled: fc.nat(2),
      sweeps: fc.nat(3),
      redriven: fc.boolean(),
      // Whether the second run ends, too.
      ends: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plan, async (scheduler, { doubled, sweeps, redriven, ends }) => {
        let racing = false;
        const bucket = createMemoryBucket((request) =>
          racing ? scheduler.schedule(Promise.resolve(), request) : Promise.resolve(),
        );
        const process = { owner: 'api-key', processId: crypto.randomUUID() };
        const execution: Execution = { status: 'RUNNING', redriveCount: 0 };
        await createState(bucket, process, startedState(process, 'test', 1, new Date()));
        await claimRunning(bucket, process);
        racing = true;

        const before = { ...execution };
        execution.status = 'ABORTED';
        const first = { ...execution };
        const firstRun = [before, first, ...Array.from({ length: doubled }, () => first)];
        const secondRun = async () => {
          if (!redriven || !(await redrive(bucket, process, execution))) return;
          const running = { ...execution };
          if (ends) execution.status = 'SUCCEEDED';
          await Promise.all(
            [running, ...(ends ? [execution] : [])].map((seen) => event(bucket, process, seen)),
          );
        };
        await scheduler.waitFor(
          Promise.all([
            ...firstRun.map((seen) => event(bucket, process, seen)),
            ...Array.from({ length: sweeps }, (_, sweep) =>
              look(bucket, process, sweep === 0 ? before : { ...execution }),
            ),
            secondRun(),
          ]),
        );

        racing = false;
        expect(await readState(bucket, process)).toMatchObject(execution);
        expect(bucket.keys().includes(runningKey(process.processId))).toBe(!isTerminal(execution.status));
        const versions = pushed
          .filter(({ processId }) => processId === process.processId)
          .filter(({ status }) => isTerminal(status))
          .map(({ version, status }) => `${version} ${status}`);
        // A version is pushed with one status, however often.
        expect(new Set(versions).size).toBe(new Set(versions.map((each) => each.split(' ')[0])).size);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a start that is made again long after, and sweeps at once', () => {
  it('leave a process whose execution was started RUNNING, never NotStarted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(3),
        async (scheduler, starts, sweeps) => {
          const turn = (request: string) => scheduler.schedule(Promise.resolve(), request);
          const bucket = createMemoryBucket(turn);
          const process = { owner: 'api-key', processId: crypto.randomUUID() };
          const first = startedState(process, 'test', 1, new Date(0));
          // Ten minutes after the first start, which broke off; no time passes from here on.
          const now = new Date(600_000);
          let isStarted = false;

          /** As api/start-process.ts does it. */
          const start = async () => {
            const record = await createState(bucket, process, first);
            const again = (present: StateRecord) => startedAgain(present, now);
            if (again(record)) await updateState(bucket, process, again);
            await turn('StartExecution');
            isStarted = true;
          };
          /** As events/sweep.ts does it. */
          const sweep = async () => {
            const before = await readState(bucket, process);
            await turn('DescribeExecution');
            if (before && !isStarted)
              await updateState(bucket, process, (record) => neverStarted(record, now));
          };
          await scheduler.waitFor(
            createState(bucket, process, first).then(() =>
              Promise.all([
                ...Array.from({ length: starts }, start),
                ...Array.from({ length: sweeps }, sweep),
              ]),
            ),
          );
          const last = readState(bucket, process);
          await scheduler.waitFor(last);
          expect(await last).toMatchObject({ status: 'RUNNING', error: null });
        },
      ),
      { numRuns: 300 },
    );
  });
});
