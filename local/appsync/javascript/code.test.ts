import { expect, test } from 'vitest';
import { AppSyncConfigurationError } from '../errors.ts';
import { startTestApi, type TestApi } from '../test-api.ts';

const schema = `
  type Query { f(a: Int, json: AWSJSON): AWSJSON, g: Thing }
  type Thing { id: ID, name: String }
  type Mutation { m: String }
  type Subscription { s: String @aws_subscribe(mutations: ["m"]) }
`;

function start(
  code: string,
  {
    dataSourceName = 'none',
    ...more
  }: Partial<Parameters<typeof startTestApi>[0]> & { dataSourceName?: string } = {},
) {
  return startTestApi({
    schema,
    resolvers: [{ typeName: 'Query', fieldName: 'f', dataSourceName, code }],
    ...more,
  });
}

/** What `f` gives for the expression; its values are JSON. */
async function evaluate(expression: string, more: Parameters<typeof start>[1] = {}): Promise<unknown> {
  await using api = await start(
    `import { util, runtime, extensions } from '@aws-appsync/utils';
     export const request = (ctx) => ({ payload: ${expression} });
     export const response = (ctx) => ctx.result;`,
    more,
  );
  return resultOf(await api.query('{ f(a: 7) }'));
}

function resultOf(response: unknown): unknown {
  const { data, errors } = response as { data: { f: string | null }; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data.f === null ? null : JSON.parse(data.f);
}

async function errorsOf(api: TestApi, query = '{ f }'): Promise<unknown> {
  return ((await api.query(query)) as { errors: unknown }).errors;
}

test('the payload of the request handler is the result over a NONE data source, and null when it is left out', async () => {
  expect(await evaluate('{ a: [1, "x", null] }')).toEqual({ a: [1, 'x', null] });
  await using api = await start(
    'export const request = () => ({}); export const response = (ctx) => [ctx.result];',
  );
  expect(resultOf(await api.query('{ f }'))).toEqual([null]);
});

test('a Lambda data source is invoked with the payload, and its result is what the response handler gets', async () => {
  await using api = await start(
    `export const request = (ctx) => ({ operation: 'Invoke', payload: { field: ctx.info.fieldName, args: ctx.args } });
     export const response = (ctx) => ({ got: ctx.result, error: ctx.error === undefined });`,
    { dataSourceName: 'fn', lambda: () => ({ answer: 42 }) },
  );
  expect(resultOf(await api.query('{ f(a: 7) }'))).toEqual({ got: { answer: 42 }, error: true });
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
  await using api = await start(code, failing('Mishap'));
  expect(resultOf(await api.query('{ f(a: 1) }'))).toEqual({ kept: { message: 'broken', type: 'Mishap' } });
  expect(await errorsOf(api)).toMatchObject([{ message: 'broken', errorType: 'Mishap' }]);
  await using plain = await start(code, failing('Error'));
  expect(await errorsOf(plain)).toMatchObject([{ message: 'broken', errorType: 'Lambda:Unhandled' }]);
});

test.each([
  "{ operation: 'BatchInvoke', payload: [] }",
  "{ operation: 'Invoke', invocationType: 'Event' }",
  '{ payload: 1 }',
])('the Lambda request %s is refused by name', async (request) => {
  await using api = await start(
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

test('what the request handler stashes is there for the response handler, and nothing else is kept', async () => {
  await using api = await start(
    `let calls = 0;
     export const request = (ctx) => { calls += 1; ctx.stash.seen = calls; ctx.args.a = 'changed'; return {}; };
     export const response = (ctx) => { calls += 1; return [ctx.stash.seen, calls, ctx.args.a]; };`,
  );
  expect(resultOf(await api.query('{ f(a: 7) }'))).toEqual([1, 1, 7]);
  expect(resultOf(await api.query('{ f(a: 7) }'))).toEqual([1, 1, 7]);
});

test('replacing a member of the context is an error', async () => {
  await using api = await start(
    'export const request = (ctx) => { ctx.args = {}; }; export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Code', message: expect.stringMatching(/^Runtime Error: /) },
  ]);
});

test('util.error ends the resolver with type, data cut down to the selection, and errorInfo as it is', async () => {
  const code = `import { util } from '@aws-appsync/utils';
    export const request = () => util.error('no', 'Sorry', { id: 1, name: 'n', more: true }, { paths: ['/a'] });
    export const response = () => util.error('not reached');`;
  await using api = await startTestApi({
    schema,
    resolvers: [{ typeName: 'Query', fieldName: 'g', dataSourceName: 'none', code }],
  });
  expect(await api.query('{ g { n: name } }')).toEqual({
    data: { g: null },
    errors: [
      {
        path: ['g'],
        data: { n: 'n' },
        errorType: 'Sorry',
        errorInfo: { paths: ['/a'] },
        locations: [{ line: 1, column: 3, sourceName: null }],
        message: 'no',
      },
    ],
  });
});

test('util.error with a message alone has null for the rest', async () => {
  await using api = await start(
    `import { util } from '@aws-appsync/utils';
     export const request = () => util.error('no'); export const response = () => null;`,
  );
  expect(await errorsOf(api)).toMatchObject([
    { message: 'no', errorType: null, data: null, errorInfo: null },
  ]);
});

test('util.appendError adds an item and goes on', async () => {
  await using api = await start(
    `import { util } from '@aws-appsync/utils';
     export const request = () => { util.appendError('one', 'A'); return { payload: 1 }; };
     export const response = (ctx) => { util.appendError('two', 'B', null, { x: 1 }); return ctx.result; };`,
  );
  expect(await api.query('{ f }')).toMatchObject({
    data: { f: '1' },
    errors: [
      { path: ['f'], message: 'one', errorType: 'A' },
      { path: ['f'], message: 'two', errorType: 'B', errorInfo: { x: 1 } },
    ],
  });
});

test('util.unauthorized refuses the field', async () => {
  await using api = await start(
    `export const request = () => util.unauthorized(); export const response = () => null;`,
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Unauthorized', message: 'Not Authorized to access f on type Query' },
  ]);
});

test('runtime.earlyReturn leaves out the data source and the response handler', async () => {
  const code = (value: string) => `import { runtime } from '@aws-appsync/utils';
    export const request = () => runtime.earlyReturn(${value}); export const response = () => 'not reached';`;
  await using api = await start(code('{ early: 1 }'), { dataSourceName: 'fn' });
  expect(resultOf(await api.query('{ f }'))).toEqual({ early: 1 });
  expect(api.lambdaCalls).toEqual([]);
  await using nothing = await start(code(''));
  expect(await nothing.query('{ f }')).toEqual({ data: { f: null } });
});

test.each<[expression: string, value: unknown]>([
  ['util.authType()', 'API Key Authorization'],
  ["util.matches('a*b', 'aaaaab')", true],
  ["util.matches('a*b', 'aaaaabc')", false],
  ["util.urlEncode('a b&ü')", 'a+b%26%C3%BC'],
  ["util.urlDecode('a+b%26%C3%BC')", 'a b&ü'],
  ["util.base64Encode('ü')", 'w7w='],
  ["util.base64Decode('w7w=')", 'ü'],
  ["util.str.normalize('e\\u0301', 'nfc')", 'é'],
  ['util.math.roundNum(1.5)', 2],
  ['util.math.minVal(1, 2)', 1],
  ['util.math.maxVal(1, 2)', 2],
  ['util.math.randomWithinRange(3, 3)', 3],
  ['util.math.randomDouble() < 1', true],
  ["util.time.parseISO8601ToEpochMilliSeconds('1970-01-01T00:00:01Z')", 1000],
  ['util.time.epochMilliSecondsToSeconds(1999)', 1],
  ['util.time.epochMilliSecondsToISO8601(1000)', '1970-01-01T00:00:01.000Z'],
  ['util.time.nowEpochSeconds() > 1700000000 && util.time.nowEpochMilliSeconds() > 1700000000000', true],
  ["JSON.parse('no json')", ''],
])('%s is %j', async (expression, value) => {
  expect(await evaluate(expression)).toEqual(value);
});

test('ids are UUIDs, and the time is in ISO 8601', async () => {
  const values = await evaluate('[util.autoId(), util.time.nowISO8601()]');
  expect(values).toEqual([
    expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  ]);
});

test.each([
  'util.dynamodb.toDynamoDB(1)',
  'util.time.nowFormatted("yyyy")',
  'util.math.sqrt(4)',
  'extensions.evictFromApiCache()',
])('%s is an error that names what is not supported', async (call) => {
  const name = call.replace(/\(.*/, '').replace('.toDynamoDB', '');
  await expect(evaluate(call)).rejects.toThrow(`${name} is not supported by the local runtime.`);
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
  await using api = await start(
    'export const request = (ctx) => ctx.no.such; export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Code', message: "Runtime Error: Cannot read properties of undefined (reading 'such')" },
  ]);
});

test('a handler that is asynchronous is an error', async () => {
  await using api = await start(
    'export const request = async () => ({}); export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([{ message: 'Runtime Error: a handler cannot be asynchronous' }]);
});

test('a handler that does not end is ended', async () => {
  await using api = await start(
    'export const request = () => { for (;;); }; export const response = () => null;',
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Code', message: expect.stringContaining('timed out') },
  ]);
});

test('subscription extensions are refused outside the handler that they are for', async () => {
  const filter = '{ filterGroup: [] }';
  await expect(evaluate(`extensions.setSubscriptionFilter(${filter})`)).rejects.toThrow(
    'extensions.setSubscriptionFilter can be called only in the response handler of a subscription resolver.',
  );
  await expect(
    evaluate("extensions.invalidateSubscriptions({ subscriptionField: 's', payload: {} })"),
  ).rejects.toThrow('only in the response handler of a mutation resolver');
});

test.each([
  ['export const request = (', 'Unexpected end of file'],
  ['export const request = () => null;', 'found no response'],
  ["import fs from 'node:fs'; export const request = fs; export const response = fs;", "got 'node:fs'"],
  ['missing(); export const request = () => null;', 'missing is not defined'],
  [`export const request = () => '${'x'.repeat(32 * 1024)}';`, 'at most 32768 bytes'],
])('code that cannot run is refused at creation with its field (%#)', async (code, problem) => {
  const creation = start(code);
  await expect(creation).rejects.toThrow(AppSyncConfigurationError);
  await expect(creation).rejects.toThrow('The code of Query.f');
  await expect(creation).rejects.toThrow(problem);
});
