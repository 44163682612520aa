/**
 * Checks docs/limits.md: each row has a test here, or names one elsewhere.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { stepKey } from '../core/keys.ts';
import { newClient, outputs, post } from './facade.ts';

const root = join(import.meta.dirname, '..');
const client = newClient();
afterAll(() => client.dispose());

/** The first cell of each row. */
const documented = readFileSync(join(root, 'docs/limits.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.split(' | ')[0]?.slice(2).trim() ?? '');

type Elsewhere = { file: string; titles: string[] };
const elsewhere = (file: string, ...titles: string[]): Elsewhere => ({ file, titles });

const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

const START = `mutation ($definition: String!, $input: AWSJSON!, $processId: ID) {
  startProcess(definition: $definition, input: $input, processId: $processId) { processId }
}`;

/** Starts by a plain request, without the client's checks. Returns the error, if any. */
async function start(input: string, processId = createProcessId()) {
  const { body } = await post(START, { definition: 'pause', input, processId });
  return { processId, error: body.errors?.[0] };
}

async function stop(processId: string) {
  await client.stop(processId);
}

/** Runs a `trial` and returns its result or error. */
function trial(input: Record<string, unknown>): Promise<unknown> {
  return client.run('trial', input).catch((error: unknown) => error);
}

const limits: Record<string, Elsewhere | (() => Promise<void>)> = {
  async 'GraphQL request'() {
    const request = (bytes: number) =>
      fetch(outputs.endpoint, {
        method: 'POST',
        headers: { 'x-api-key': outputs.apiKey, 'content-type': 'application/json' },
        body: JSON.stringify({
          query: '{ processDefinitions { name } }',
          variables: { x: 'x'.repeat(bytes) },
        }),
      });
    expect((await request(1_000_000)).status).toBe(200);
    expect((await request(1_100_000)).status).toBe(413);
  },
  'GraphQL query text': elsewhere(
    'local/appsync/http-endpoint.test.ts',
    'a document over 15,000 tokens is rejected with 400',
  ),
  'depth of a query': elsewhere(
    'local/appsync/graphql/resolvers.test.ts',
    'fields below the depth limit fail one by one',
  ),
  async 'resolvers of one request'() {
    const fields = Array.from({ length: 51 }, (_, i) => `d${i}: processDefinitions { name }`);
    const { body } = await post(`{ ${fields.join(' ')} }`);
    expect(body.errors?.map(({ errorType }) => errorType)).toEqual(['ResolverExecutionLimitReached']);
  },
  async processId() {
    const { error } = await start('{}', createProcessId().toUpperCase());
    expect(error).toMatchObject({
      errorType: 'InvalidInput',
      errorInfo: { problems: [{ path: '/processId' }] },
    });
    await expect(client.get(createProcessId().toUpperCase())).rejects.toMatchObject({
      errorType: 'InvalidInput',
    });
  },
  async 'input: size'() {
    const { error, processId } = await start(JSON.stringify({ x: 'x'.repeat(700_000 - 8) }));
    expect(error).toBeUndefined();
    await stop(processId);
    expect((await start(JSON.stringify({ x: 'x'.repeat(700_000 - 7) }))).error).toMatchObject({
      errorType: 'InvalidInput',
      message: expect.stringContaining('at most 700000 bytes'),
    });
  },
  async 'input: depth'() {
    const input = { deep: nested(199) };
    const { error, processId } = await start(JSON.stringify(input));
    expect(error).toBeUndefined();
    expect((await client.data(processId)).input.content).toEqual(input);
    await stop(processId);
    for (const levels of [200, 900]) {
      expect((await start(JSON.stringify({ deep: nested(levels) }))).error).toMatchObject({
        errorType: 'InvalidInput',
        message: expect.stringContaining('nests deeper than 200 levels'),
      });
    }
    // AppSync's part, as far as the local runtime implements it.
    for (const levels of [5_000, 100_000]) {
      const { body } = await post(START, {
        definition: 'pause',
        input: '['.repeat(levels) + ']'.repeat(levels),
      });
      expect(body.errors?.[0]?.message).toContain('as valid JSON');
    }
  },
  async 'input: integers'() {
    const { error, processId } = await start(`{"n":[${2 ** 53 - 1},${1 - 2 ** 53}]}`);
    expect(error).toBeUndefined();
    await stop(processId);
    for (const number of ['9007199254740993', '-9007199254740992', '6.022e23']) {
      expect((await start(`{"order":{"n":${number}}}`)).error).toMatchObject({
        errorType: 'InvalidInput',
        errorInfo: { problems: [{ path: '/order/n' }] },
      });
    }
  },
  async 'input: fractions'() {
    const input = { n: [0.1, 5e-324, 123_456.789_012_345] };
    const { error, processId } = await start(JSON.stringify(input));
    expect(error).toBeUndefined();
    expect((await client.data(processId)).input.content).toEqual(input);
    await stop(processId);
    expect((await start('{"n":1e400}')).error?.message).toContain('as valid JSON');
  },
  'input file of the command line': elsewhere(
    'cli/input.test.ts',
    'with a number that would change is rejected with its place',
    'with a duplicate key is rejected with its place',
  ),
  'input: values in the client': elsewhere(
    'client/exact-json.test.ts',
    'does not exist if JSON would change the value: %o',
  ),
  'input: time to validate it': elsewhere(
    'core/input.test.ts',
    'with a pattern of exponential time ends with InvalidInput',
    'finds two equal objects among 39,000, in any key order, within its time limit',
  ),
  'input: problems in an error': elsewhere(
    'core/input.test.ts',
    'lists 100 problems, and how many were left out',
    'lists up to 32 kB of problems, even with long keys',
    'of an input over 64 kB ends with the first problem',
  ),
  'input schema: patterns': elsewhere(
    'infra/input-schema.test.ts',
    'with a pattern of exponential time in %s is rejected by that pattern',
  ),
  'input schema': elsewhere('infra/input-schema.test.ts', '%s is rejected'),
  'name of a definition': elsewhere('infra/definition.test.ts', 'with the name %s is rejected'),
  'name of a step': elsewhere('infra/definition.test.ts', 'with the step %s is rejected'),
  'output of a step: size': elsewhere(
    'test/step.test.ts',
    'that returns more than its function has the memory to write says what to do, and writes nothing',
  ),
  'memory of a function': elsewhere('local/lambda/isolation.test.ts', 'fills a gigabyte outside of the heap'),
  'output of a step: depth': elsewhere(
    'test/step.test.ts',
    'that returns %s fails as InvalidOutput, which says where',
    'may return every number that a double holds, and 200 levels',
  ),
  'output of a step: values': elsewhere(
    'test/step.test.ts',
    'that returns %s fails as InvalidOutput and writes nothing',
    'may return every number that a double holds, and 200 levels',
  ),
  async '`route` of a step'() {
    expect(await trial({ misbehave: 'large-route' })).toMatchObject({ error: 'RouteTooLarge' });
  },
  async 'index of a Map item'() {
    const data = { owner: 'o', processId: createProcessId(), definition: 'd' };
    expect(stepKey(data, { step: 'S', part: '999999999' })).toContain('/S/999999999.json');
    expect(() => stepKey(data, { step: 'S', part: '1000000000' })).toThrow('indexes of Map items');
  },
  'state between two steps': elsewhere(
    'local/step-functions/redrive.test.ts',
    'branches run again after an output over 256 KiB',
  ),
  'input of an execution': elsewhere(
    'local/step-functions/StartExecution.test.ts',
    'an input over 256 KiB is rejected',
  ),
  'events of an execution': elsewhere(
    'local/step-functions/state-types.test.ts',
    'a loop without an end ends at 25,000 events',
  ),
  'payload and response of a function': elsewhere('local/lambda/isolation.test.ts', 'returns 30 MB'),
  'documents on a page of `processData`': elsewhere(
    'test/progress.test.ts',
    'come in pages, which the client follows',
  ),
  async 'documents within one response'() {
    const processId = createProcessId();
    const output = await client.run<{ filling: string }>('trial', { bytes: 2_100_000 }, { processId });
    expect(output?.filling).toHaveLength(2_100_000);
    const { body } = await post(
      'query ($id: ID!) { processData(processId: $id) { output { bytes json url } } }',
      {
        id: processId,
      },
    );
    expect(body.data?.processData?.output).toMatchObject({
      json: null,
      url: expect.stringContaining('http'),
    });
  },
  'object in S3': elsewhere('local/s3/PutObject.test.ts', 'over 5 GB is too large'),
  async '`cause` of a state'() {
    const failed = await trial({ fail: { name: 'NoMore', message: 'x'.repeat(9_000), attempts: 9 } });
    expect(Buffer.byteLength((failed as { cause: string }).cause)).toBeLessThanOrEqual(2_000);
  },
  'pushed state or step': elsewhere(
    'local/appsync/realtime/push.test.ts',
    'a payload over 240 KB is dropped without a word',
  ),
  'reason of a stop': elsewhere(
    'test/control.test.ts',
    'of a stop with a reason of over 2,000 characters are InvalidInput, and nothing is stopped',
  ),
  async 'page of a history'() {
    for (const limit of [0, 1_001]) {
      await expect(client.history(createProcessId(), { limit })).rejects.toMatchObject({
        errorType: 'InvalidInput',
        errorInfo: { problems: [{ path: '/limit' }] },
      });
    }
  },
  redrive: elsewhere('local/step-functions/redrive.test.ts', 'an execution that %s is rejected'),
  '`timeoutMs` of the client': elsewhere(
    'client/follow.test.ts',
    'with timeoutMs %d rejects with a RangeError',
    'with timeoutMs %d sets no timer, which would end at once',
  ),
};

describe('the limit of', () => {
  it.each(documented)('%s is tested', async (what) => {
    const test = limits[what];
    if (!test) throw new Error(`docs/limits.md has the row [${what}], which no test knows`);
    if (typeof test === 'function') return test();
    const source = readFileSync(join(root, test.file), 'utf8');
    for (const title of test.titles) expect(source).toContain(title);
  });

  it('every entry here is documented', () => {
    expect(documented).toEqual(Object.keys(limits));
  });
});
