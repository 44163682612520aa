import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProcessRef, processKey } from '../data/keys.ts';
import type { Bucket } from '../data/objects.ts';
import { claimRunning, listRunning, readRunning, releaseRunning } from '../data/process-index.ts';
import { openBucket } from './bucket.ts';

let { bucket, close } = {} as Awaited<ReturnType<typeof openBucket>>;
beforeAll(async () => {
  ({ bucket, close } = await openBucket());
});
afterAll(() => close());

const newProcess = (owner: string): ProcessRef => ({ owner, processId: crypto.randomUUID() });

describe('the mark of a running process', () => {
  it('is held by the first of those that claim it at once', async () => {
    const one = newProcess('one');
    const other = { ...one, owner: 'other' };
    const holders = await Promise.all([one, other, one, other].map((each) => claimRunning(bucket, each)));
    expect(new Set(holders).size).toBe(1);
    expect([processKey(one), processKey(other)]).toContain(holders[0]);
  });

  it('is claimed anew where its holder has ended between the refusal and the look at it', async () => {
    const one = newProcess('one');
    const other = { ...one, owner: 'other' };
    await claimRunning(bucket, one);
    const client = Object.create(bucket.client) as Bucket['client'];
    let refused = 0;
    client.send = (async (...request: Parameters<typeof client.send>) => {
      try {
        return await bucket.client.send(...request);
      } catch (error) {
        if (refused++ === 0) await releaseRunning(bucket, one.processId);
        throw error;
      }
    }) as typeof client.send;
    expect(await claimRunning({ ...bucket, client }, other)).toBe(processKey(other));
    expect(refused).toBe(2);
    expect(await readRunning(bucket, one.processId)).toEqual(other);
  });

  it('is listed by id, page by page, until it is released', async () => {
    const processes = Array.from({ length: 3 }, () => newProcess('lister'));
    for (const process of processes) await claimRunning(bucket, process);
    const ids = processes.map(({ processId }) => processId).sort();
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = await listRunning(bucket, after, 2);
      listed.push(...page.running.map(({ processId }) => processId));
      after = page.next;
    } while (after);
    expect(listed.filter((id) => ids.includes(id))).toEqual(ids);
    for (const id of ids) await releaseRunning(bucket, id);
    expect(await readRunning(bucket, ids[0] as string)).toBeUndefined();
  });
});
