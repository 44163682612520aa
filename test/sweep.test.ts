/** The sweep, with the time and the processes of a test. */
import { afterAll, describe, expect, it } from 'vitest';
import { executionInput, executionName } from '../core/definitions.ts';
import { type ProcessRef, stateKey } from '../core/keys.ts';
import { putObject } from '../core/objects.ts';
import { markRunning, readMark, removeMark } from '../core/process-index.ts';
import { startedState } from '../core/state.ts';
import { createState, readState } from '../core/state-record.ts';
import { openServices, QUICK, WAIT } from './services.ts';

const { states, bucket, services, pushed, rejectPushes, asked, close } = await openServices(
  { wait: WAIT, quick: QUICK },
  // Markers are only as old as the test.
  { SWEEP_AFTER_SECONDS: '0' },
);
afterAll(close);
const { handler: sweep, sweepProcess } = await import('../events/sweep.ts');

/**
 * Time for the given number of processes. The handler checks it before each page and each process.
 */
function timeFor(processes: number) {
  let left = processes + 1;
  return { getRemainingTimeInMillis: () => (left-- > 0 ? 60_000 : 0) };
}
const TIME_ENOUGH = { getRemainingTimeInMillis: () => 60_000 };

async function startMarked(machine: string, processId: string = crypto.randomUUID()): Promise<ProcessRef> {
  const process = { owner: 'api-key', processId };
  const input = JSON.parse(executionInput({ ...process, definition: machine }));
  const arn = await states.start(machine, input, executionName(process));
  if (machine === 'quick') await states.ended(arn);
  await createState(bucket, process, startedState(process, machine, 1, new Date()));
  await markRunning(bucket, process, 0, 'test');
  return process;
}

async function unmark(processes: readonly ProcessRef[]): Promise<void> {
  for (const process of processes) {
    const mark = await readMark(bucket, process);
    if (mark) await removeMark(bucket, process, mark);
  }
}

describe('the sweep', () => {
  it('continues where the last one stopped, until it has checked all processes', async () => {
    const processes: ProcessRef[] = [];
    for (let number = 1; number <= 5; number++) processes.push(await startMarked('wait'));
    const before = asked('DescribeExecution');
    expect(await sweep(undefined, timeFor(2))).toMatchObject({ seen: 2, checked: 2, wrapped: false });
    expect(await sweep(undefined, timeFor(2))).toMatchObject({ seen: 2, checked: 2, wrapped: false });
    expect(await sweep(undefined, timeFor(2))).toMatchObject({ seen: 1, checked: 1, wrapped: true });
    // Each one once.
    expect(asked('DescribeExecution')).toBe(before + 5);
    expect(await sweep(undefined, timeFor(9))).toMatchObject({ seen: 5, repaired: 0, wrapped: true });
    await unmark(processes);
  });

  it('records and publishes an end whose event was lost, and removes the marker', async () => {
    const process = await startMarked('quick');
    expect(await sweep(undefined, TIME_ENOUGH)).toMatchObject({ repaired: 1, failed: 0 });
    expect(await readState(bucket, process)).toMatchObject({ status: 'SUCCEEDED', version: 2 });
    expect(pushed.at(-1)).toMatchObject({ processId: process.processId, status: 'SUCCEEDED', version: 2 });
    expect(await readMark(bucket, process)).toBeUndefined();
  });

  it('leaves failures for the next run, and checks the rest', async () => {
    // By id, the one without a readable record comes first.
    const broken = { owner: 'api-key', processId: '00000000-0000-4000-8000-000000000000' };
    await putObject(bucket, stateKey(broken), 'no JSON', { ifNoneMatch: '*' });
    await markRunning(bucket, broken, 0, 'test');
    const process = await startMarked('quick');
    expect(await sweep(undefined, TIME_ENOUGH)).toMatchObject({ repaired: 1, failed: 1, wrapped: true });
    expect(await readState(bucket, process)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await readMark(bucket, broken)).toMatchObject({ run: 0 });
    await unmark([broken]);
  });

  it('publishes a recorded end again if its publication failed', async () => {
    const process = await startMarked('quick');
    rejectPushes(1);
    expect(await sweep(undefined, TIME_ENOUGH)).toMatchObject({ failed: 1 });
    expect(await readState(bucket, process)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await sweep(undefined, TIME_ENOUGH)).toMatchObject({ repaired: 1, failed: 0 });
    expect(pushed.at(-1)).toMatchObject({ processId: process.processId, status: 'SUCCEEDED', version: 2 });
    expect(await readMark(bucket, process)).toBeUndefined();
  });

  it('removes the marker of a start that recorded nothing, once no function can still be starting it', async () => {
    const process = { owner: 'api-key', processId: crypto.randomUUID() };
    await markRunning(bucket, process, 0, 'test');
    const at = (minutes: number) => ({ ...services, now: () => new Date(Date.now() + minutes * 60_000) });
    expect(await sweepProcess(at(1), process)).toBe(false);
    expect(await readMark(bucket, process)).toMatchObject({ run: 0 });
    expect(await sweepProcess(at(3), process)).toBe(true);
    expect(await readMark(bucket, process)).toBeUndefined();
  });
});
