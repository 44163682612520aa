import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putObject } from '../core/objects.ts';
import { startedState } from '../core/state.ts';
import { createState, readState, StateContended, updateState } from '../core/state-record.ts';
import { openBucket } from './bucket.ts';

let { bucket, close } = {} as Awaited<ReturnType<typeof openBucket>>;
beforeAll(async () => {
  ({ bucket, close } = await openBucket());
});
afterAll(() => close());

function newProcess() {
  const process = { owner: 'somebody', processId: crypto.randomUUID() };
  return { process, first: startedState(process, 'test', 3, new Date()) };
}

describe('the state record', () => {
  it('is the first one for every start, however many are concurrent', async () => {
    const { process, first } = newProcess();
    const starters = Array.from({ length: 20 }, (_, n) => ({ ...first, stepsTotal: n }));
    const records = await Promise.all(starters.map((record) => createState(bucket, process, record)));
    const kept = await readState(bucket, process);
    expect(new Set(records.map(({ stepsTotal }) => stepsTotal))).toEqual(new Set([kept?.stepsTotal]));
  });

  it('loses no change of concurrent writers', async () => {
    const { process, first } = newProcess();
    await createState(bucket, process, first);
    const add = () =>
      updateState(bucket, process, (record) => ({
        ...record,
        version: record.version + 1,
        stepsDone: record.stepsDone + 1,
      }));
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await readState(bucket, process)).toMatchObject({ version: 9, stepsDone: 8 });
  });

  it('is not written if nothing changes', async () => {
    const { process, first } = newProcess();
    await createState(bucket, process, first);
    expect(await updateState(bucket, process, () => undefined)).toEqual({ record: first, changed: false });
  });

  it('of an unknown process is undefined, and a change does not create it', async () => {
    const { process, first } = newProcess();
    expect(await readState(bucket, process)).toBeUndefined();
    expect(await updateState(bucket, process, () => first)).toBeUndefined();
    expect(await readState(bucket, process)).toBeUndefined();
  });

  it('fails with StateContended after repeated write conflicts', async () => {
    const { process, first } = newProcess();
    await createState(bucket, process, first);
    const overtaken = updateState(bucket, process, async (record) => {
      await updateState(bucket, process, (other) => ({ ...other, stepsDone: other.stepsDone + 1 }));
      return { ...record, version: 99 };
    });
    await expect(overtaken).rejects.toThrow(StateContended);
    expect(await readState(bucket, process)).toMatchObject({ version: 1, stepsDone: 20 });
  });
});

describe('a conditional write', () => {
  it('of a key that must not exist has one winner', async () => {
    const key = `processes/somebody/${crypto.randomUUID()}/steps/A.json`;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => putObject(bucket, key, String(n), { ifNoneMatch: '*' })),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it('of a key that is gone changes nothing', async () => {
    expect(await putObject(bucket, 'running/gone', 'x', { ifMatch: '"0123"' })).toBe(false);
  });
});
