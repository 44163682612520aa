import { expect, test } from 'vitest';
import { AppSyncConfigurationError } from './errors.ts';
import { errorsOf, evaluate, resultOf, startWithCode } from './test-field.ts';

test('the payload of the request handler is the result over a NONE data source, and null when it is left out', async () => {
  expect(await evaluate('{ a: [1, "x", null] }')).toEqual({ a: [1, 'x', null] });
  await using api = await startWithCode(
    'export const request = () => ({}); export const response = (ctx) => [ctx.result];',
  );
  expect(resultOf(await api.query('{ f }'))).toEqual([null]);
});

test('a Lambda data source is invoked with the payload, and its result is what the response handler gets', async () => {
  await using api = await startWithCode(
    `export const request = (ctx) => ({ operation: 'Invoke', payload: { field: ctx.info.fieldName, args: ctx.args } });
     export const response = (ctx) => ({ got: ctx.result, error: ctx.error === undefined });`,
    { dataSourceName: 'fn', lambda: () => ({ value: 42 }) },
  );
  expect(resultOf(await api.query('{ f(a: 7) }'))).toEqual({ got: { value: 42 }, error: true });
  expect(api.lambdaCalls).toEqual([{ field: 'f', args: { a: 7 } }]);
});

test('a function that fails leaves the decision to the response handler', async () => {
  const failing = (name: string) => ({
    dataSourceName: 'fn',
    lambda: () => {
      throw Object.assign(new Error('broken'), { name });
    },
  });
  const code = `import { util } from '@aws-appsync/utils';
    export const request = () => ({ operation: 'Invoke', payload: null });
    export const response = (ctx) => ctx.args.a ? { kept: ctx.error } : util.error(ctx.error.message, ctx.error.type);`;
  await using api = await startWithCode(code, failing('Mishap'));
  expect(resultOf(await api.query('{ f(a: 1) }'))).toEqual({ kept: { message: 'broken', type: 'Mishap' } });
  expect(await errorsOf(api)).toMatchObject([{ message: 'broken', errorType: 'Mishap' }]);
  await using plain = await startWithCode(code, failing('Error'));
  expect(await errorsOf(plain)).toMatchObject([{ message: 'broken', errorType: 'Lambda:Unhandled' }]);
});

test.each([
  "{ operation: 'BatchInvoke', payload: [] }",
  "{ operation: 'Invoke', invocationType: 'Event' }",
  '{ payload: 1 }',
])('the Lambda request %s is rejected by name', async (request) => {
  await using api = await startWithCode(
    `export const request = () => (${request}); export const response = () => null;`,
    {
      dataSourceName: 'fn',
    },
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'UnsupportedOperation', message: expect.stringContaining("{operation: 'Invoke', payload}") },
  ]);
  expect(api.lambdaCalls).toEqual([]);
});

test('the context has environment, arguments, identity, request and info, and no selection sets in its JSON', async () => {
  const context = await evaluate(
    '{ ctx, same: ctx.args === ctx.arguments, list: ctx.info.selectionSetList, text: ctx.info.selectionSetGraphQL }',
    {
      api: { environmentVariables: { STAGE: 'local' } },
    },
  );
  expect(context).toMatchObject({
    ctx: {
      env: { STAGE: 'local' },
      args: { a: 7 },
      arguments: { a: 7 },
      identity: null,
      source: null,
      prev: null,
      stash: {},
      request: { domainName: null },
      info: { fieldName: 'f', parentTypeName: 'Query', variables: {} },
    },
    same: true,
    list: [],
    text: '',
  });
  expect(context).not.toHaveProperty('ctx.info.selectionSetList');
});

test('what the request handler stashes is available to the response handler, and nothing else', async () => {
  await using api = await startWithCode(
    `let calls = 0;
     export const request = (ctx) => { calls += 1; ctx.stash.seen = calls; ctx.args.a = 'changed'; return {}; };
     export const response = (ctx) => { calls += 1; return [ctx.stash.seen, calls, ctx.args.a]; };`,
  );
  expect(resultOf(await api.query('{ f(a: 7) }'))).toEqual([1, 1, 7]);
  expect(resultOf(await api.query('{ f(a: 7) }'))).toEqual([1, 1, 7]);
});

test('replacing a member of the context is an error', async () => {
  await using api = await startWithCode(
    'export const request = (ctx) => { ctx.args = {}; }; export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Code', message: expect.stringMatching(/^Runtime Error: /) },
  ]);
});

test.each([
  'process',
  'setTimeout',
  'setInterval',
  'fetch',
  'Buffer',
  'global',
  'URL',
  'queueMicrotask',
  'structuredClone',
])('code cannot see %s', async (name) => {
  expect(await evaluate(`typeof ${name}`)).toBe('undefined');
});

test('code cannot make code', async () => {
  await expect(evaluate("new Function('return 1')()")).rejects.toThrow(
    'Code generation from strings disallowed',
  );
});

test('an error of the code is an item with the type Code', async () => {
  await using api = await startWithCode(
    'export const request = (ctx) => ctx.no.such; export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Code', message: "Runtime Error: Cannot read properties of undefined (reading 'such')" },
  ]);
});

test('a handler that is asynchronous is an error', async () => {
  await using api = await startWithCode(
    'export const request = async () => ({}); export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([{ message: 'Runtime Error: A handler cannot be asynchronous' }]);
});

test('a handler that does not end is ended', async () => {
  await using api = await startWithCode(
    'export const request = () => { for (;;); }; export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Code', message: expect.stringContaining('timed out') },
  ]);
});

test.each([
  ['export const request = (', 'Unexpected end of file'],
  ['export const request = () => null;', 'got no response'],
  ["import fs from 'node:fs'; export const request = fs; export const response = fs;", "got 'node:fs'"],
  ['missing(); export const request = () => null;', 'missing is not defined'],
  [`export const request = () => '${'x'.repeat(32 * 1024)}';`, 'at most 32768 bytes'],
])('code that cannot run is rejected at creation with its field (%#)', async (code, problem) => {
  const creation = startWithCode(code);
  await expect(creation).rejects.toThrow(AppSyncConfigurationError);
  await expect(creation).rejects.toThrow('the code of Query.f');
  await expect(creation).rejects.toThrow(problem);
});
