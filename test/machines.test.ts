import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { newClient } from './facade.ts';

const client = newClient();
afterAll(() => client.dispose());

/** Runs a `trial` and returns its result or error. */
async function trial(input: Record<string, unknown>) {
  const processId = createProcessId();
  const outcome = await client.run('trial', input, { processId }).catch((error: unknown) => error);
  return { processId, outcome };
}

describe('a process', () => {
  it('of six steps runs them in sequence, each on the document of the one before', async () => {
    const output = await client.run('six-steps', { words: ['tea', 'é', '\u2028'] });
    expect(output).toEqual({ words: ['tea', 'é', '\u2028'], steps: ['A', 'B', 'C', 'D', 'E', 'F'] });
  });

  it('with a loop and a Map has a document for each entry and each item', async () => {
    const processId = createProcessId();
    expect(await client.run('loop-and-map', { from: 12 }, { processId })).toEqual({
      sum: 1_300,
      countedDown: [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    });
    const { steps } = await client.data(processId, { steps: ['Square'] });
    const parts = Array.from({ length: 12 }, (_, item) => ({ step: 'Square', part: String(item) }));
    expect(steps).toHaveLength(12);
    expect(steps).toEqual(expect.arrayContaining(parts.map((part) => expect.objectContaining(part))));
    expect(await client.get(processId)).toMatchObject({ stepsDone: 4, stepsTotal: 4 });
  });

  it('that exceeds its time limit ends TIMED_OUT', async () => {
    const failure = await client.run('time-limit', {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'ProcessTimedOutError',
      state: { status: 'TIMED_OUT', version: 2 },
    });
  });
});

describe('a step', () => {
  it('is retried as its machine says, and receives its attempt', async () => {
    const { outcome } = await trial({ fail: { name: 'TryAgain', message: 'not yet', attempts: 1 } });
    expect(outcome).toMatchObject({ attempt: 2 });
  });

  it('that fails permanently ends its process with its error and message', async () => {
    const { outcome } = await trial({ fail: { name: 'NoMore', message: 'it is "over"', attempts: 9 } });
    expect(outcome).toMatchObject({ name: 'ProcessFailedError', error: 'NoMore', cause: 'it is "over"' });
  });

  it.each([
    ['throws a string', 'throw-string', 'NonErrorThrown'],
    ['returns no output', 'no-output', 'InvalidOutput'],
    ['returns a function', 'function-output', 'InvalidOutput'],
    ['returns NaN', 'not-a-number', 'InvalidOutput'],
    ['routes over the limit', 'large-route', 'RouteTooLarge'],
  ])('that %s ends its process with a clear error, and writes nothing', async (_, misbehave, error) => {
    const { processId, outcome } = await trial({ misbehave });
    expect(outcome).toMatchObject({ name: 'ProcessFailedError', error });
    expect((await client.data(processId)).steps).toEqual([]);
  });
});

describe('a document', () => {
  it('that exceeds a response comes by URL, and the client reads it all the same', async () => {
    const { processId, outcome } = await trial({ bytes: 4_000_000 });
    expect((outcome as { filling: string }).filling).toHaveLength(4_000_000);
    const { output } = await client.data(processId);
    expect(output?.bytes).toBeGreaterThan(4_000_000);
    expect(output?.content).toEqual(outcome);
  });
});
