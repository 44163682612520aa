import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readDocument, writeDocument, writeInput } from '../core/documents.ts';
import { type DataRef, dataKey, type StepRef, stepKey } from '../core/keys.ts';
import type { Reads } from '../core/step/reads.ts';
import type { StepContext, StepDefinition } from '../core/step/step.ts';
import { step } from '../core/step/step.ts';
import { openBucket } from './bucket.ts';

const Word = z.object({ word: z.string() });
let { bucket, close } = {} as Awaited<ReturnType<typeof openBucket>>;
let owned: DataRef;
let event: ReturnType<typeof eventFor>;

beforeAll(async () => {
  ({ bucket, close } = await openBucket());
});
afterAll(() => close());
beforeEach(async () => {
  owned = { owner: 'somebody', processId: crypto.randomUUID(), definition: 'test' };
  event = eventFor({ step: 'Shout' });
  await writeInput(bucket, owned, '{"word":"hello"}', {
    ...{ sha256: '', startedAt: '', startId: '' },
  });
});

/** The event of a state machine for a document. */
function eventFor(document: StepRef, state: unknown = {}) {
  const key = stepKey(owned, document);
  return { bucket: bucket.name, processData: dataKey(owned), document: key, attempt: 0, state };
}

/** Runs the step as Lambda does, with the given time left. */
function invoke<R extends Reads, O, P extends Reads>(
  definition: StepDefinition<R, P, O>,
  at = event,
  remainingMs = 60_000,
) {
  const lambda = { getRemainingTimeInMillis: () => remainingMs } as Context;
  return step(definition)(at, lambda);
}

const shout = {
  reads: { input: Word },
  writes: Word,
  run: ({ input }: { input: { word: string } }) => ({ output: { word: input.word.toUpperCase() } }),
};

async function written(part?: string): Promise<unknown> {
  const object = await readDocument(bucket, owned, {
    step: 'Shout',
    ...(part === undefined ? {} : { part }),
  });
  return object && JSON.parse(object.text);
}

describe('a step', () => {
  it('writes its document and returns nothing else', async () => {
    expect(await invoke(shout)).toEqual({});
    expect(await written()).toEqual({ word: 'HELLO' });
  });

  it('returns its route as the result of the Task', async () => {
    const routed = { ...shout, run: () => ({ output: { word: 'x' }, route: { loud: true } }) };
    expect(await invoke(routed, eventFor({ step: 'Shout' }, { before: 1 }))).toEqual({ loud: true });
  });

  it('whose document is written does nothing, and returns the result of the first attempt', async () => {
    let runs = 0;
    const counted = { ...shout, run: () => ({ output: { word: String(++runs) }, route: { runs } }) };
    const first = await invoke(counted);
    expect(await invoke(counted, { ...event, attempt: 1 })).toEqual(first);
    expect(runs).toBe(1);
    expect(await written()).toEqual({ word: '1' });
  });

  it('that another attempt overtook returns the result of that one', async () => {
    const slow = {
      ...shout,
      run: async () => {
        await writeDocument(bucket, owned, { step: 'Shout' }, '{"word":"faster"}', { by: 'another' });
        return { output: { word: 'slower' }, route: { by: 'me' } };
      },
    };
    expect(await invoke(slow)).toMatchObject({ by: 'another' });
    expect(await written()).toEqual({ word: 'faster' });
  });

  it('reuses the connections of its environment: twenty invocations open no more than a few', async () => {
    const connections = new Set<unknown>();
    const onRequest = (message: unknown) =>
      connections.add((message as { request: IncomingMessage }).request.socket);
    subscribe('http.server.request.start', onRequest);
    for (let i = 0; i < 20; i++) await invoke(shout);
    unsubscribe('http.server.request.start', onRequest);
    expect(connections.size).toBeGreaterThan(0);
    expect(connections.size).toBeLessThanOrEqual(4);
  });

  it('is not ready while a document that it needs is missing, and says which', async () => {
    const needy = { ...shout, reads: { input: Word, Second: Word, First: Word } };
    await expect(invoke(needy)).rejects.toMatchObject({
      name: 'ProcessDataNotReady',
      missing: ['First', 'Second'],
    });
    expect(await written()).toBeUndefined();
  });

  it('is not ready while its own predicate says so', async () => {
    await expect(invoke({ ...shout, ready: () => false })).rejects.toMatchObject({
      name: 'ProcessDataNotReady',
    });
    expect(await written()).toBeUndefined();
  });

  it('runs without an optional document', async () => {
    const seen: unknown[] = [];
    const curious = (document: string) => ({
      reads: {},
      readsIfWritten: { [document]: Word },
      run: (documents: unknown) => {
        seen.push(documents);
        return { output: {} };
      },
    });
    await invoke(curious('Missing'));
    await invoke(curious('input'), eventFor({ step: 'Whisper' }));
    await invoke(curious('toString'), eventFor({ step: 'Mumble' }));
    expect(seen).toEqual([{}, { input: { word: 'hello' } }, {}]);
  });

  it('fails by name, with the path, if a document that it reads is invalid', async () => {
    const strict = {
      ...shout,
      reads: { input: z.object({ word: z.number() }) },
      run: () => ({ output: { word: 'x' } }),
    };
    const error = await invoke(strict).catch((caught: Error) => caught);
    expect(error).toMatchObject({ name: 'DocumentMismatch', document: 'input' });
    expect((error as Error).message).toContain('/word');
  });

  it('writes nothing that violates its own schema', async () => {
    const wrong = {
      reads: {},
      writes: Word,
      run: () => ({ output: { word: 1 } as unknown as { word: string } }),
    };
    await expect(invoke(wrong)).rejects.toMatchObject({ name: 'DocumentMismatch', document: 'Shout' });
    expect(await written()).toBeUndefined();
  });

  it.each([
    ['nothing', undefined],
    ['no output', {}],
    ['a bare string', { output: 'x' }],
    ['a function', { output: { f: () => 1 } }],
    ['NaN', { output: { n: Number.NaN } }],
    ['a BigInt', { output: { n: 1n } }],
    [
      'a cycle',
      {
        output: (() => {
          const a: Record<string, unknown> = {};
          a.a = a;
          return a;
        })(),
      },
    ],
  ])('that returns %s fails as InvalidOutput and writes nothing', async (_, result) => {
    const wrong = { reads: {}, run: () => result as { output: unknown } };
    await expect(invoke(wrong)).rejects.toMatchObject({ name: 'InvalidOutput' });
    expect(await written()).toBeUndefined();
  });

  it.each([
    ['a Map', { output: { prices: new Map() } }, 'output/prices is a Map, which JSON cannot represent'],
    ['undefined in a list', { output: [undefined] }, 'output/0 is undefined'],
    ['an invalid Date', { output: { at: new Date(Number.NaN) } }, 'output/at becomes null'],
    [
      'a bigint to route',
      { output: {}, route: { n: 1n } },
      'route/n is a BigInt, which JSON cannot represent',
    ],
    [
      'one level too many',
      { output: JSON.parse('['.repeat(201) + ']'.repeat(201)) },
      'output nests deeper than 200 levels',
    ],
    ['a nesting without end', { output: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) }, 'call stack'],
  ])('that returns %s fails as InvalidOutput, which says where', async (_, result, message) => {
    await expect(invoke({ reads: {}, run: () => result })).rejects.toMatchObject({
      name: 'InvalidOutput',
      message: expect.stringContaining(message),
    });
    expect(await written()).toBeUndefined();
  });

  it('may return every number that a double holds, and 200 levels', async () => {
    const output = { avogadro: 6.022e23, id: 2 ** 53, deep: JSON.parse('['.repeat(199) + ']'.repeat(199)) };
    await invoke({ reads: {}, run: () => ({ output }) });
    expect(await written()).toEqual(output);
  });

  it('returns the same as a repeated attempt, with the routing values as JSON represents them', async () => {
    const dated = { reads: {}, run: () => ({ output: {}, route: { at: new Date(0), left: undefined } }) };
    const first = await invoke(dated);
    expect(first).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(await invoke(dated, { ...event, attempt: 1 })).toEqual(first);
  });

  it('that returns more than its function has the memory to write says what to do, and writes nothing', async () => {
    process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE = '128';
    const megabytes = (count: number) => ({
      reads: {},
      run: () => ({ output: Array.from({ length: count }, () => 'x'.repeat(1e6)) }),
    });
    const error = await invoke(megabytes(17)).catch((caught: Error) => caught);
    expect(error).toMatchObject({
      name: 'DocumentTooLarge',
      message:
        'Step Shout: its document exceeds 16 MB of JSON, the most that its function has memory for: ' +
        'increase memorySize, or store less per document',
    });
    await expect(
      invoke({ reads: {}, run: () => ({ output: { all: 'x'.repeat(300e6) } }) }),
    ).rejects.toMatchObject({
      name: 'DocumentTooLarge',
    });
    expect(await written()).toBeUndefined();
    await invoke(megabytes(16));
    expect(await written()).toHaveLength(16);
    delete process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  });

  it('that returns more than a string can hold fails with the same name', async () => {
    const part = 'x'.repeat(300e6);
    await expect(invoke({ reads: {}, run: () => ({ output: [part, part] }) })).rejects.toMatchObject({
      name: 'DocumentTooLarge',
    });
  });

  it('keeps the name of a thrown error, and names other thrown values', async () => {
    class OutOfTea extends Error {
      override readonly name = 'OutOfTea';
    }
    const throwing = (thrown: unknown) => ({
      reads: {},
      run: () => {
        throw thrown;
      },
    });
    await expect(invoke(throwing(new OutOfTea('none left')))).rejects.toMatchObject({
      name: 'OutOfTea',
      message: 'none left',
    });
    await expect(invoke(throwing('a string'))).rejects.toMatchObject({
      name: 'NonErrorThrown',
      cause: 'a string',
    });
  });

  it('rejects a route over the limit, and says how a Map gets its items', async () => {
    const wide = { reads: {}, run: () => ({ output: {}, route: { all: 'x'.repeat(2_000) } }) };
    await expect(invoke(wide)).rejects.toMatchObject({
      name: 'RouteTooLarge',
      message: expect.stringContaining('States.ArrayRange'),
    });
    expect(await written()).toBeUndefined();
  });

  it.each<[string, (good: typeof event) => unknown]>([
    ['nothing', () => null],
    ['the state itself', () => ({ total: 7 })],
    ['no state', ({ state: _, ...rest }) => rest],
    ['no attempt', ({ attempt: _, ...rest }) => rest],
    ['no bucket', ({ bucket: _, ...rest }) => rest],
    ['the key of no process', (good) => ({ ...good, processData: 'processes/a/b' })],
    ['the key of no document', (good) => ({ ...good, document: `${good.processData}/input.json` })],
    [
      'the document of another process',
      (good) => ({ ...good, document: stepKey({ ...owned, owner: 'another' }, { step: 'Shout' }) }),
    ],
  ])('that is invoked with %s says what the machine must pass', async (_, wrong) => {
    await expect(invoke(shout, wrong(event) as typeof event)).rejects.toMatchObject({
      name: 'InvalidStepEvent',
      message: expect.stringContaining('docs/data-contract.md'),
    });
    expect(await written()).toBeUndefined();
  });

  it('receives its process, its attempt and the state', async () => {
    let context: StepContext | undefined;
    const looking = {
      reads: {},
      run: (_: unknown, given: StepContext) => {
        context = given;
        return { output: {} };
      },
    };
    await invoke(looking, { ...eventFor({ step: 'Shout', part: '4' }, { colour: 'red' }), attempt: 2 });
    expect(context).toMatchObject({
      ...owned,
      step: 'Shout',
      part: '4',
      attempt: 3,
      state: { colour: 'red' },
    });
    expect(context?.signal.aborted).toBe(false);
  });

  it('is notified by its signal before its time is up', async () => {
    const patient = {
      reads: {},
      run: (_: unknown, { signal }: StepContext) =>
        new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
    };
    await expect(invoke(patient, event, 20)).rejects.toMatchObject({ name: 'StepTimeIsUp' });
  });

  it('in a Map writes a document for each item', async () => {
    await invoke(
      { ...shout, run: () => ({ output: { word: 'ten' } }) },
      eventFor({ step: 'Shout', part: '10' }),
    );
    expect(await written('10')).toEqual({ word: 'ten' });
    expect(await written()).toBeUndefined();
  });
});

describe('the documents that a step reads', () => {
  const entered = (seconds: string) => `2026-11-30T09:15:${seconds}Z`;
  const write = (step: string, part?: string) =>
    writeDocument(
      bucket,
      owned,
      { step, ...(part === undefined ? {} : { part }) },
      `{"word":"${step}/${part}"}`,
      {},
    );

  let readers = 0;
  /** What a step with this part, a new one each time, reads under a name. */
  async function readBy(name: string, part?: string): Promise<unknown> {
    let seen: unknown;
    const run = (documents: Record<string, unknown>) => {
      seen = documents[name];
      return { output: {} };
    };
    const schema = name.endsWith('/*') ? z.array(Word) : Word;
    const at = { step: `Reader${readers++}`, ...(part === undefined ? {} : { part }) };
    await invoke({ reads: {}, readsIfWritten: { [name]: schema }, run }, eventFor(at));
    const wordOf = (document: unknown) => (document as { word: string }).word;
    return Array.isArray(seen) ? seen.map(wordOf) : seen && wordOf(seen);
  }

  it('are those of its item, or else of an item around it, or of the process', async () => {
    await Promise.all([write('A', '1/2'), write('B', '1'), write('B', '2'), write('C')]);
    expect(await readBy('A', '1/2')).toBe('A/1/2');
    expect(await readBy('A', `1/2/${entered('00')}`)).toBe('A/1/2');
    expect(await readBy('A', '1/3')).toBeUndefined();
    expect(await readBy('B', '1/2')).toBe('B/1');
    expect(await readBy('C', '1/2')).toBe('C/undefined');
    expect(await readBy('B')).toBeUndefined();
  });

  it('are those of the latest entry of a step in a loop', async () => {
    const times = ['09', '10', '10.000001', '10.5'].map(entered);
    for (const time of times) await Promise.all([write('Poll', time), write('Each', `3/${time}`)]);
    await Promise.all([write('Each', `4/${entered('59')}`), write('Polls', entered('59'))]);
    expect(await readBy('Poll')).toBe(`Poll/${entered('10.5')}`);
    expect(await readBy('Poll', '7')).toBe(`Poll/${entered('10.5')}`);
    expect(await readBy('Each', '3')).toBe(`Each/3/${entered('10.5')}`);
    expect(await readBy('Each')).toBeUndefined();
    expect(await readBy('Poll/*')).toEqual(times.map((time) => `Poll/${time}`));
  });

  it('are all those of a step in a Map, or those of the item in a Map in a Map', async () => {
    for (const part of ['0/0', '0/1', '1/0', '1/10', '1/9']) await write('Line', part);
    for (const part of ['10', '9']) await write('Order', part);
    expect(await readBy('Line/*')).toEqual(
      ['0/0', '0/1', '1/0', '1/9', '1/10'].map((part) => `Line/${part}`),
    );
    expect(await readBy('Line/*', '1')).toEqual(['1/0', '1/9', '1/10'].map((part) => `Line/${part}`));
    expect(await readBy('Order/*', '9')).toEqual(['Order/9', 'Order/10']);
    expect(await readBy('None/*')).toEqual([]);
  });

  it('take one request each if they are of the process or of the same item', async () => {
    await Promise.all([write('A'), write('B', '2')]);
    const requests: string[] = [];
    const onRequest = (message: unknown) => {
      const { method, url } = (message as { request: IncomingMessage }).request;
      requests.push(`${method} ${url?.includes('/steps/') ? url.replace(/.*\/steps\/|\?.*/g, '') : 'list'}`);
    };
    subscribe('http.server.request.start', onRequest);
    await readBy('A');
    await readBy('B', '2');
    unsubscribe('http.server.request.start', onRequest);
    expect(requests.filter((request) => !request.includes('Reader'))).toEqual(['GET A.json', 'GET B/2.json']);
  });
});
