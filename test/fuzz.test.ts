/**
 * A small run of `npm run fuzz`, with its own runtime.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { afterAll, expect, it } from 'vitest';
import { SCHEMA } from '../infra/graphql-api.ts';
import { buildAppSyncSchema } from '../local/appsync/graphql/schema.ts';
import { fuzz, MAX_MEMORY_MB } from './fuzz/fuzz.ts';
import { OPERATIONS } from './fuzz/graphql-input.ts';

const folder = mkdtempSync(join(tmpdir(), 'facade-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Inputs made from an operation that the schema does not have would all be rejected alike.
it.each(Object.entries(OPERATIONS))('the operation %s fits the schema', (_name, { query }) => {
  expect(validate(buildAppSyncSchema(SCHEMA), parse(query))).toEqual([]);
});

it('every endpoint responds to inputs of all kinds, and an order completes afterwards', async () => {
  // To reproduce a failure: npm run fuzz -- --seed 7 --count 1000
  const outcome = await fuzz({ seed: 7, count: 1_000, folder });
  expect(outcome).toMatchObject({ sent: 1_000, violations: [], complaints: [], orderStatus: 'SUCCEEDED' });
  expect(outcome.memoryMb?.highest ?? 0).toBeLessThan(MAX_MEMORY_MB);
  // Some inputs of each kind are accepted: rejections alone would prove little.
  const understood = new Set(
    [...outcome.statuses]
      .filter(([, byStatus]) => [101, 200, 204].some((status) => byStatus.has(status)))
      .map(([label]) => label.split(' ')[0]),
  );
  expect([...understood].sort()).toEqual(
    expect.arrayContaining(['graphql', 'lambda', 'path', 'realtime', 's3', 'sqs', 'states']),
  );
}, 180_000);
