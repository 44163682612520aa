import { expect, test } from 'vitest';
import { serveAppSync } from '../serve-for-test.ts';
import { errorsOf, evaluate, resultOf, startWithCode } from './test-field.ts';

test('util.error ends the resolver with type, data cut down to the selection, and errorInfo as it is', async () => {
  const code = `import { util } from '@aws-appsync/utils';
    export const request = () => util.error('no', 'Sorry', { id: 1, name: 'n', more: true }, { paths: ['/a'] });
    export const response = () => util.error('not reached');`;
  await using api = await serveAppSync({
    schema: 'type Query { g: Thing } type Thing { id: ID, name: String }',
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
  await using api = await startWithCode(
    `import { util } from '@aws-appsync/utils';
     export const request = () => util.error('no'); export const response = () => null;`,
  );
  expect(await errorsOf(api)).toMatchObject([
    { message: 'no', errorType: null, data: null, errorInfo: null },
  ]);
});

test('util.appendError adds an item and continues', async () => {
  await using api = await startWithCode(
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

test('util.unauthorized rejects the field', async () => {
  await using api = await startWithCode(
    `export const request = () => util.unauthorized(); export const response = () => null;`,
  );
  expect(await errorsOf(api)).toMatchObject([
    { errorType: 'Unauthorized', message: 'Not Authorized to access f on type Query' },
  ]);
});

test('runtime.earlyReturn leaves out the data source and the response handler', async () => {
  const code = (value: string) => `import { runtime } from '@aws-appsync/utils';
    export const request = () => runtime.earlyReturn(${value}); export const response = () => 'not reached';`;
  await using api = await startWithCode(code('{ early: 1 }'), { dataSourceName: 'fn' });
  expect(resultOf(await api.query('{ f }'))).toEqual({ early: 1 });
  expect(api.lambdaCalls).toEqual([]);
  await using nothing = await startWithCode(code(''));
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

test('subscription extensions are rejected outside the handler that they are for', async () => {
  const filter = '{ filterGroup: [] }';
  await expect(evaluate(`extensions.setSubscriptionFilter(${filter})`)).rejects.toThrow(
    'extensions.setSubscriptionFilter can be called only in the response handler of a subscription resolver.',
  );
  await expect(
    evaluate("extensions.invalidateSubscriptions({ subscriptionField: 's', payload: {} })"),
  ).rejects.toThrow('only in the response handler of a mutation resolver');
});
