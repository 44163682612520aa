import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessRef } from '../core/keys.ts';
import type { Bucket } from '../core/objects.ts';
import { listRunning, markRunning, type RunningMark, readMark, removeMark } from '../core/process-index.ts';
import { openBucket } from './bucket.ts';

let { bucket, close } = {} as Awaited<ReturnType<typeof openBucket>>;
beforeAll(async () => {
  ({ bucket, close } = await openBucket());
});
afterAll(() => close());

const newProcess = (owner = 'somebody'): ProcessRef => ({ owner, processId: crypto.randomUUID() });

async function markOf(process: ProcessRef): Promise<RunningMark> {
  const mark = await readMark(bucket, process);
  if (!mark) throw new Error('Expected a mark');
  return mark;
}

describe('the marker of a running process', () => {
  it('is removed only by a caller that has read this version of it', async () => {
    const process = newProcess();
    await markRunning(bucket, process, 0, 'first');
    const read = await markOf(process);
    await markRunning(bucket, process, 0, 'second');
    expect(await removeMark(bucket, process, read)).toBe(false);
    expect(await removeMark(bucket, process, await markOf(process))).toBe(true);
    expect(await readMark(bucket, process)).toBeUndefined();
    expect(await removeMark(bucket, process, read)).toBe(false);
  });

  it('of a later run is not changed by a start of an earlier one', async () => {
    const process = newProcess();
    await markRunning(bucket, process, 1, 'redrive');
    const before = await markOf(process);
    await markRunning(bucket, process, 0, 'a slow start');
    expect(await markOf(process)).toEqual(before);
    await markRunning(bucket, process, 2, 'the next redrive');
    expect(await markOf(process)).toMatchObject({ run: 2 });
  });

  it('is rewritten if it was removed between the rejected write and the read', async () => {
    const process = newProcess();
    await markRunning(bucket, process, 0, 'first');
    const client = Object.create(bucket.client) as Bucket['client'];
    let rejected = 0;
    client.send = (async (...request: Parameters<typeof client.send>) => {
      try {
        return await bucket.client.send(...request);
      } catch (error) {
        if (rejected++ === 0) await removeMark(bucket, process, await markOf(process));
        throw error;
      }
    }) as typeof client.send;
    await markRunning({ ...bucket, client }, process, 0, 'second');
    expect(rejected).toBe(2);
    expect(await markOf(process)).toMatchObject({ run: 0 });
  });

  it('belongs to one owner, even if another has the same id', async () => {
    const process = newProcess('one');
    await markRunning(bucket, process, 0, 'x');
    expect(await readMark(bucket, { ...process, owner: 'other' })).toBeUndefined();
  });

  it('is listed by key, page by page, until it is removed', async () => {
    const processes = Array.from({ length: 3 }, () => newProcess('lister'));
    for (const process of processes) await markRunning(bucket, process, 0, 'x');
    const ids = processes.map(({ processId }) => processId).sort();
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = await listRunning(bucket, after, 2);
      listed.push(...page.running.map(({ process }) => process.processId));
      after = page.next;
    } while (after);
    expect(listed.filter((id) => ids.includes(id))).toEqual(ids);
  });
});
