/** The steps that a caller receives, while a process runs and afterwards. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId, type ProcessClient, type ProcessUpdate } from '../client/index.ts';
import { concurrently } from '../core/concurrently.ts';
import { listDocuments, writeDocument } from '../core/documents.ts';
import { stepsPrefix } from '../core/keys.ts';
import { example, newClient, openFacadeBucket, post } from './facade.ts';

const ITEMS = 20;

const client = newClient();
const bucket = openFacadeBucket();
afterAll(() => client.dispose());

const nameOf = ({ step, part }: { step: string; part: string | null }) =>
  part === null ? step : `${step}/${part}`;
/** Returns the status of each state, and the name of each step with its part. */
const inShort = (update: ProcessUpdate) =>
  update.kind === 'state' ? update.state.status : nameOf(update.step);
const numbered = (step: string) => Array.from({ length: ITEMS }, (_, index) => `${step}/${index}`);

/**
 * The documents of `loop-and-map` after its loop of 20 entries: a Map of 20 items with two steps,
 * then the sum.
 */
const WRITTEN = [...numbered('Square'), ...numbered('Double'), 'AddUp'];

async function watchToEnd(watcher: ProcessClient, processId: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const update of watcher.watch(processId)) seen.push(inShort(update));
  return seen;
}

function expectEachOnceInOrder(seen: string[]) {
  expect(seen.at(-1)).toBe('SUCCEEDED');
  const steps = seen.filter((name) => name !== 'RUNNING' && name !== 'SUCCEEDED');
  const entries = steps.slice(0, ITEMS);
  expect(entries).toEqual([...new Set(entries)].sort());
  for (const entry of entries) expect(entry).toMatch(/^CountDown\/20.*Z$/);
  expect(steps.slice(ITEMS).sort()).toEqual(WRITTEN.toSorted());
  for (const [index, square] of numbered('Square').entries()) {
    expect(steps.indexOf(square)).toBeLessThan(steps.indexOf(`Double/${index}`));
  }
  expect(steps.at(-1)).toBe('AddUp');
}

describe('a Map of 20 items and a loop of 20 entries report each document once, in order', () => {
  it.each([['by push', 'subscription'] as const, ['by polling', 'polling'] as const])(
    '%s',
    async (_, via) => {
      using runner = newClient({ via });
      const seen: string[] = [];
      await runner.run('loop-and-map', { from: ITEMS }, { onUpdate: (update) => seen.push(inShort(update)) });
      expect(seen[0]).toBe('RUNNING');
      expectEachOnceInOrder(seen);
    },
  );

  it('to a watch that begins in the middle, one on another client, and one after the end', async () => {
    const { processId } = await client.start('loop-and-map', { from: ITEMS });
    const seen: string[] = [];
    let late: Promise<string[]> | undefined;
    let reloaded: Promise<string[]> | undefined;
    using other = newClient();
    for await (const update of client.watch(processId)) {
      seen.push(inShort(update));
      if (seen.length < ITEMS / 2) continue;
      late ??= watchToEnd(client, processId);
      reloaded ??= watchToEnd(other, processId);
    }
    using afterwards = newClient({ via: 'polling' });
    const ended = await watchToEnd(afterwards, processId);
    for (const each of [seen, await late, await reloaded, ended]) expectEachOnceInOrder(each ?? []);
    const { steps } = await client.data(processId);
    expect(ended).toEqual([...steps.map(nameOf), 'SUCCEEDED']);
  });
});

describe('documents', () => {
  it('of steps within the same second are in the order of the steps', async () => {
    const processId = createProcessId();
    await client.run('six-steps', { words: ['tea'] }, { processId });
    const { steps } = await client.data(processId);
    expect(steps.map(({ step }) => step)).toEqual(['StepA', 'StepB', 'StepC', 'StepD', 'StepE', 'StepF']);
    const times = steps.map(({ writtenAt }) => Date.parse(writtenAt));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBeGreaterThan(1);
  });

  it('that are written in sequence are in that order, whatever their numbers', async () => {
    const { processId } = await client.start('pause', {});
    await client.stop(processId);
    const data = { owner: 'api-key', processId, definition: 'pause' };
    const parts = Array.from({ length: 12 }, (_, index) => String(11 - index));
    for (const part of parts) {
      await writeDocument(bucket, data, { step: 'After', part }, '{}', {});
    }
    const { steps } = await client.data(processId, { steps: ['After'] });
    expect(steps.map(({ part }) => part)).toEqual(parts);
  });

  it('of a step that the definition no longer has can be selected by name', async () => {
    const { processId } = await client.start('pause', {});
    await client.stop(processId);
    await expect(client.data(processId, { steps: ['Renamed'] })).rejects.toMatchObject({
      errorType: 'InvalidInput',
    });
    const data = { owner: 'api-key', processId, definition: 'pause' };
    await writeDocument(bucket, data, { step: 'Renamed' }, '{"kept":true}', {});
    const { steps } = await client.data(processId, { steps: ['Renamed'] });
    expect(steps).toMatchObject([{ step: 'Renamed', content: { kept: true } }]);
  });

  it('come in pages, which the client follows', async () => {
    const { processId } = await client.start('pause', {});
    await client.stop(processId);
    const data = { owner: 'api-key', processId, definition: 'pause' };
    const parts = Array.from({ length: 300 }, (_, index) => String(index));
    await concurrently(parts, 40, (part) =>
      writeDocument(bucket, data, { step: 'After', part }, `{"part":${part}}`, {}),
    );
    const written = async (variables: object, selection: string) => {
      const query = `query ($id: ID!, $steps: [String!], $nextToken: String) {
        processData(processId: $id, steps: $steps, nextToken: $nextToken) { ${selection} nextToken } }`;
      const { body } = await post(query, { id: processId, steps: ['After'], ...variables });
      expect(body.errors).toBeUndefined();
      return body.data?.processData as { steps: { part: string }[]; nextToken: string | null };
    };

    const { steps, output } = await client.data(processId, { steps: ['After'] });
    expect(steps.map(({ part }) => part).toSorted()).toEqual(parts.toSorted());
    expect(steps.map(({ content }) => content)).toEqual(steps.map(({ part }) => ({ part: Number(part) })));
    expect(output?.part).toBe(steps.at(-1)?.part);
    const times = steps.map(({ writtenAt }) => Date.parse(writtenAt));
    expect(times).toEqual(times.toSorted((a, b) => a - b));

    const first = await written({}, 'steps { part json }');
    expect(first.steps).toHaveLength(250);
    const second = await written({ nextToken: first.nextToken }, 'steps { part url }');
    expect([...first.steps, ...second.steps].map(({ part }) => part)).toEqual(steps.map(({ part }) => part));
    expect(second.nextToken).toBeNull();
    const names = await written({}, 'steps { part bytes }');
    expect(names).toMatchObject({ steps: { length: 300 }, nextToken: null });

    using watcher = newClient();
    const seen = await watchToEnd(watcher, processId);
    expect(seen.filter((name) => name.startsWith('After/'))).toEqual(steps.map(nameOf));
  });

  it.each([
    ['not a token', '-'],
    ['empty', Buffer.from('').toString('base64url')],
    ['of a step that has written nothing', Buffer.from('StepB/7').toString('base64url')],
    ['of a step that is not asked for', Buffer.from('StepC').toString('base64url')],
  ])('after a nextToken that is %s are InvalidInput', async (_, nextToken) => {
    const processId = createProcessId();
    await client.run('six-steps', { words: [] }, { processId });
    const { body } = await post(
      `query ($id: ID!, $nextToken: String) {
        processData(processId: $id, steps: ["StepA", "StepB"], nextToken: $nextToken) { steps { step } } }`,
      { id: processId, nextToken },
    );
    expect(body.errors).toMatchObject([
      { errorType: 'InvalidInput', errorInfo: { problems: [{ path: '/nextToken' }] } },
    ]);
  });

  it('that are selected by an alias have their content', async () => {
    const processId = createProcessId();
    await client.run('six-steps', { words: ['tea'] }, { processId });
    const { body } = await post(
      'query ($id: ID!) { processData(processId: $id) { last: output { step content: json address: url } } }',
      { id: processId },
    );
    expect(body.data?.processData).toMatchObject({
      last: {
        step: 'StepF',
        content: expect.stringContaining('tea'),
        address: expect.stringContaining('X-Amz-'),
      },
    });
  });

  it('with names that no wrapper writes do not prevent reading, counting and watching the others', async () => {
    const processId = createProcessId();
    await client.run('six-steps', { words: [] }, { processId });
    const prefix = stepsPrefix({ owner: 'api-key', processId, definition: 'six-steps' });
    for (const name of ['StepA/x.json', 'StepA/1/garbage', 'not a step.json', 'StepA/1//.json']) {
      const Key = `${prefix}${name}`;
      await bucket.client.send(
        new PutObjectCommand({ Bucket: bucket.name, Key, Body: 'x', IfNoneMatch: '*' }),
      );
    }
    expect((await client.data(processId)).steps).toHaveLength(6);
    expect(
      await listDocuments(bucket, { owner: 'api-key', processId, definition: 'six-steps' }),
    ).toHaveLength(6);
    expect(await client.get(processId)).toMatchObject({ stepsDone: 6, stepsTotal: 6 });
    expect(await watchToEnd(client, processId)).toHaveLength(7);
  });
});

describe('the count of steps', () => {
  it('of a process that has SUCCEEDED is complete without the branch that was not taken', async () => {
    const processId = createProcessId();
    const ends: ProcessUpdate[] = [];
    await client.run('order', example('order'), { processId, onUpdate: (update) => ends.push(update) });
    expect(ends.at(-1)).toMatchObject({ state: { status: 'SUCCEEDED', stepsDone: 6, stepsTotal: 6 } });
    expect(await client.get(processId)).toMatchObject({ stepsDone: 6, stepsTotal: 6 });
  });

  it('includes a document that is written after the end', async () => {
    const { processId } = await client.start('pause', {});
    for await (const update of client.watch(processId)) if (update.kind === 'step') break;
    await client.stop(processId);
    const before = await client.get(processId);
    expect(before).toMatchObject({ status: 'ABORTED', stepsDone: 1, stepsTotal: 2 });
    await writeDocument(
      bucket,
      { owner: 'api-key', processId, definition: 'pause' },
      { step: 'After' },
      '{}',
      {},
    );
    expect(await client.get(processId)).toEqual({ ...before, stepsDone: 2 });
  });
});
