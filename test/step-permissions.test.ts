/**
 * What a step can do with requests that its own role signs, and what nobody can do.
 */
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { executionInput, executionName } from '../core/definitions.ts';
import { type DataRef, dataKey, indexKey, inputKey, runningKey, stateKey, stepKey } from '../core/keys.ts';
import { newClient, openFacadeBucket, outputs } from './facade.ts';

const client = newClient();
afterAll(() => client.dispose());
const bucket = openFacadeBucket();

type Attempt = { operation: string; parameters: Record<string, string> };
type Report = { results: string[]; started: string[] };

const dataOf = (definition: string, processId = createProcessId()): DataRef => ({
  owner: 'api-key',
  processId,
  definition,
});

/** Returns the results of requests that a step makes. `of` has the step's own process. */
async function attempt(of: (own: DataRef) => Attempt[]): Promise<Record<string, string>> {
  const own = dataOf('intruder');
  const requests = of(own);
  const { processId } = own;
  const { results } = (await client.run<Report>('intruder', { requests }, { processId })) ?? { results: [] };
  const what = ({ operation, parameters }: Attempt) =>
    `${operation} ${Object.values(parameters).join(' ').replaceAll(processId, '<own>')}`;
  return Object.fromEntries(requests.map((request, index) => [what(request), results[index] ?? '']));
}

/** Returns the same result for each attempt. */
const all = (outcomes: Record<string, string>, expected: string) =>
  Object.fromEntries(Object.keys(outcomes).map((what) => [what, expected]));

const objects = (operation: string, ...keys: string[]): Attempt[] =>
  keys.map((Key) => ({ operation, parameters: { Key } }));

describe('the role of a step', () => {
  it('cannot change the state, the input, the marker or the index entry of a process, nor delete anything', async () => {
    const outcomes = await attempt((own) => {
      const keys = [stateKey(own), runningKey(own), indexKey(own, new Date())];
      return [
        ...objects('GetObject', ...keys),
        ...objects('PutObject', ...keys, inputKey(own)),
        ...objects('DeleteObject', ...keys, inputKey(own), stepKey(own, { step: 'Probe' })),
        { operation: 'PutObject', parameters: { Key: stateKey(own), IfMatch: '"of-it"' } },
      ];
    });
    expect(Object.keys(outcomes).length).toBeGreaterThan(10);
    expect(outcomes).toEqual(all(outcomes, 'AccessDenied'));
  });

  it('cannot write the document of another step', async () => {
    const outcomes = await attempt((own) =>
      objects('PutObject', stepKey(own, { step: 'Other' }), stepKey(own, { step: 'Prob' })),
    );
    expect(outcomes).toEqual(all(outcomes, 'AccessDenied'));
  });

  it('cannot read or write data of another definition, not even the document of a step of the same name', async () => {
    const other = dataOf('neighbour');
    await client.run('neighbour', {}, { processId: other.processId });
    const fresh = dataOf('neighbour');
    const outcomes = await attempt(() => [
      ...objects('GetObject', inputKey(other), stepKey(other, { step: 'Probe' })),
      ...objects(
        'PutObject',
        inputKey(fresh),
        stepKey(fresh, { step: 'Probe' }),
        stepKey(fresh, { step: 'Probe', part: '0' }),
      ),
    ]);
    expect(outcomes).toEqual(all(outcomes, 'AccessDenied'));
  });

  it('can start no execution, and invoke only the function that starts processes for it', async () => {
    const shipping = dataOf('shipping');
    const outcomes = await attempt((own) => [
      ...['shipping', 'counted', 'intruder'].map((definition) => ({
        operation: 'StartExecution',
        parameters: { definition, input: executionInput(shipping) },
      })),
      { operation: 'DescribeExecution', parameters: { definition: 'intruder', name: executionName(own) } },
      ...[outputs.statusChangeFunction, outputs.sweepFunction].map((FunctionName) => ({
        operation: 'Invoke',
        parameters: { FunctionName },
      })),
    ]);
    expect(outcomes).toEqual(all(outcomes, 'AccessDeniedException'));
  });
});

describe('a step that starts another process', () => {
  const request = (
    parent: DataRef,
    { step = 'Probe', definition = 'intruder', part }: { step?: string; definition?: string; part?: string },
  ): Attempt => ({
    operation: 'StartDownstream',
    parameters: {
      payload: JSON.stringify({ processData: dataKey(parent), step, definition, part, input: '{}' }),
    },
  });

  it('starts it for the same owner, with separate data, and once however often it asks', async () => {
    const own = dataOf('intruder');
    const starts = [
      { definition: 'intruder', input: { starts: [] } },
      { definition: 'intruder', input: { starts: [] } },
    ];
    const { started } =
      (await client.run<Report>('intruder', { starts }, { processId: own.processId })) ?? {};
    const [child = '', again] = started ?? [];
    expect(again).toBe(child);
    expect(await client.wait(child)).toMatchObject({
      definition: 'intruder',
      owner: 'api-key',
      status: 'SUCCEEDED',
    });
  });

  it('cannot forge a parent: of another owner, of another definition, an ended one, or an unknown one', async () => {
    const ended = dataOf('intruder');
    await client.run('intruder', {}, { processId: ended.processId });
    const order = dataOf('six-steps');
    await client.start('six-steps', { words: [] }, { processId: order.processId });
    const outcomes = await attempt((own) => [
      request({ ...own, owner: 'somebody-else' }, {}),
      request(ended, {}),
      request({ ...order, definition: 'intruder' }, {}),
      request(order, { step: 'StepA' }),
      request(dataOf('intruder'), {}),
      request(own, { step: 'Other' }),
      request(own, { step: 'constructor' }),
      request(own, { definition: 'order' }),
      request(own, { definition: 'toString' }),
    ]);
    expect(Object.keys(outcomes)).toHaveLength(9);
    expect(outcomes).toEqual(all(outcomes, 'StartNotAllowed'));
  });

  it('gets only a request id for a request that no step makes', async () => {
    const outcomes = await attempt((own) => [
      { operation: 'StartDownstream', parameters: { payload: '{}' } },
      request(own, { step: '../x' }),
      request(own, { part: '../x' }),
    ]);
    expect(outcomes).toEqual(all(outcomes, 'InternalError'));
  });

  it.each([
    ['an input that breaks the schema', [{ definition: 'counted', input: {} }], 'InvalidInput'],
    ['a definition that it may not start', [{ definition: 'order', input: {} }], 'StartNotAllowed'],
    [
      'the same process with another input',
      [
        { definition: 'intruder', input: {} },
        { definition: 'intruder', input: { starts: [] } },
      ],
      'ProcessConflict',
    ],
  ])('fails for %s by the name of the error', async (_, starts, error) => {
    await expect(client.run('intruder', { starts })).rejects.toMatchObject({
      name: 'ProcessFailedError',
      error,
    });
  });
});

describe('nobody, not even an operator,', () => {
  it('can overwrite or delete an input or a document; a state is written only under a condition', async () => {
    const own = dataOf('six-steps');
    await client.run('six-steps', { words: [] }, { processId: own.processId });
    const denied = {
      name: 'AccessDenied',
      message: expect.stringContaining('explicit deny in a resource-based'),
    };
    for (const Key of [inputKey(own), stepKey(own, { step: 'StepA' })]) {
      const { ETag } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key }));
      const put = { Bucket: bucket.name, Key, Body: '{}' };
      for (const condition of [{}, { IfMatch: ETag }])
        await expect(
          bucket.client.send(new PutObjectCommand({ ...put, ...condition })),
        ).rejects.toMatchObject(denied);
      for (const condition of [{}, { IfMatch: ETag }])
        await expect(
          bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key, ...condition })),
        ).rejects.toMatchObject(denied);
      // The allowed write finds the object.
      await expect(
        bucket.client.send(new PutObjectCommand({ ...put, IfNoneMatch: '*' })),
      ).rejects.toMatchObject({ name: 'PreconditionFailed' });
    }
    await expect(
      bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: stateKey(own), Body: '{}' })),
    ).rejects.toMatchObject(denied);
  });
});
