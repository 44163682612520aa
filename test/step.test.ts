import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listDocuments, readDocument, writeDocument, writeInput } from '../core/documents.ts';
import { type DataRef, dataKey } from '../core/keys.ts';
import type { Reads } from '../core/step/reads.ts';
import type { StepContext, StepDefinition } from '../core/step/step.ts';
import { step } from '../core/step/step.ts';
import { openBucket } from './bucket.ts';

const Word = z.object({ word: z.string() });
let { bucket, close } = {} as Awaited<ReturnType<typeof openBucket>>;
let owned: DataRef;
let event: { state: Record<string, unknown>; attempt: number };

beforeAll(async () => {
  ({ bucket, close } = await openBucket());
});
afterAll(() => close());
beforeEach(async () => {
  process.env.STEP_NAME = 'Shout';
  delete process.env.STEP_LOOPS;
  owned = { owner: 'somebody', processId: crypto.randomUUID(), definition: 'test' };
  event = { state: { processData: dataKey(owned) }, attempt: 0 };
  await writeInput(bucket, owned, '{"word":"hello"}', {
    ...{ sha256: '', startedAt: '', startId: '' },
  });
});

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
  it('writes its document and returns the state', async () => {
    expect(await invoke(shout)).toEqual({ processData: dataKey(owned) });
    expect(await written()).toEqual({ word: 'HELLO' });
  });

  it('adds its routing values to the state, and keeps those of the steps before it', async () => {
    event.state.before = 1;
    const next = await invoke({ ...shout, run: () => ({ output: { word: 'x' }, route: { loud: true } }) });
    expect(next).toEqual({ processData: dataKey(owned), before: 1, loud: true });
  });

  it('cannot reroute the process to the data of another', async () => {
    const next = await invoke({
      ...shout,
      run: () => ({ output: { word: 'x' }, route: { processData: 'processes/x/y' } }),
    });
    expect(next.processData).toBe(dataKey(owned));
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
    process.env.STEP_NAME = 'Whisper';
    await invoke(curious('input'));
    expect(seen).toEqual([{}, { input: { word: 'hello' } }]);
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
    expect(first).toEqual({ processData: dataKey(owned), at: '1970-01-01T00:00:00.000Z' });
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

  it('rejects routing values over the limit', async () => {
    const wide = { reads: {}, run: () => ({ output: {}, route: { all: 'x'.repeat(2_000) } }) };
    await expect(invoke(wide)).rejects.toMatchObject({ name: 'RouteTooLarge' });
    expect(await written()).toBeUndefined();
  });

  it.each([
    ['no state', {}],
    ['the state itself', { processData: 'processes/a/b' }],
    ['no attempt', { state: { processData: 'processes/a/b' } }],
    ['nothing', null],
  ])('that is called with %s says what the machine must pass', async (_, wrong) => {
    await expect(invoke(shout, wrong as unknown as typeof event)).rejects.toMatchObject({
      name: 'InvalidStepEvent',
    });
  });

  it('receives its process, its attempt and the routing values', async () => {
    let context: StepContext | undefined;
    const looking = {
      reads: {},
      run: (_: unknown, given: StepContext) => {
        context = given;
        return { output: {} };
      },
    };
    await invoke(looking, { state: { ...event.state, colour: 'red' }, attempt: 2 });
    expect(context).toMatchObject({ ...owned, step: 'Shout', attempt: 3, route: { colour: 'red' } });
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

  it('in a Map writes a document for each item, and reads those of its own item', async () => {
    const item = (state: object) => ({ state: { ...event.state, ...state }, attempt: 0 });
    await invoke({ ...shout, run: () => ({ output: { word: 'zero' } }) }, item({ item: 0 }));
    await invoke({ ...shout, run: () => ({ output: { word: 'ten' } }) }, item({ item: 10 }));
    await invoke({ ...shout, run: () => ({ output: { word: 'two' } }) }, item({ item: 2 }));
    expect(await written('10')).toEqual({ word: 'ten' });

    process.env.STEP_NAME = 'Repeat';
    const repeat = {
      reads: { Shout: Word },
      run: ({ Shout }: { Shout: { word: string } }) => ({ output: Shout }),
    };
    await invoke(repeat, item({ item: 2 }));
    const read = await readDocument(bucket, owned, { step: 'Repeat', part: '2' });
    expect(read?.text).toBe('{"word":"two"}');

    process.env.STEP_NAME = 'Collect';
    const collect = {
      reads: { 'Shout/*': z.array(Word) },
      run: (documents: { 'Shout/*': { word: string }[] }) => ({ output: documents['Shout/*'] }),
    };
    await invoke(collect);
    const collected = await readDocument(bucket, owned, { step: 'Collect' });
    expect(JSON.parse(collected?.text ?? '')).toEqual([{ word: 'zero' }, { word: 'two' }, { word: 'ten' }]);
  });

  it('in a loop writes a document for each entry, and none for a repeated attempt of one', async () => {
    process.env.STEP_LOOPS = 'true';
    let runs = 0;
    const counting = { reads: {}, run: () => ({ output: { run: ++runs } }) };
    const second = await invoke(counting);
    expect(second).toEqual({ processData: dataKey(owned), entries: { Shout: 1 } });
    expect(await invoke(counting, { ...event, attempt: 1 })).toEqual(second);
    await invoke(counting, { state: second, attempt: 0 });
    expect(runs).toBe(2);
    expect((await listDocuments(bucket, owned)).map(({ part }) => part).sort()).toEqual(['0', '1']);
  });
});
