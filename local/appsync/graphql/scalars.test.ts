import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serveAppSync } from '../serve-for-test.ts';

const SCALARS = {
  AWSDate: {
    valid: ['1970-01-01', '1970-01-01Z', '1970-01-01-07:00', '-2017-01-01', '2024-02-29+05:30:00'],
    invalid: ['2019-12-24T04:15:57.798Z', '2023-02-29', '2023-13-01', '70-01-01', 1],
  },
  AWSTime: {
    valid: ['12:30', '12:00:34.', '12:30Z', '12:30:24-07:00', '12:30:24.123456789+05:30'],
    invalid: ['24:00:00', '12', '12:60', '12:00:00+25:00'],
  },
  AWSDateTime: {
    valid: [
      '1970-01-01T12:00:00.277Z',
      '1930-01-01T16:00:00-07:00',
      '2020-01-01T00:00Z',
      '-9999-01-01T00:00Z',
    ],
    invalid: ['2020-05-19T11:5:29.000Z', '2020-01-01T00:00:00', '2020-01-01', '2020-01-01 00:00Z'],
  },
  AWSTimestamp: { valid: [0, -1, 1577193053], invalid: ['0', 1.5, true] },
  AWSEmail: { valid: ['user@example.com', "o'x+y@a-b.example"], invalid: ['user', 'a@', '@b', 'a b@c.d'] },
  AWSURL: {
    valid: ['https://aws.example/a?b=c//d', 'mailto:a@b.c', 'ftp://h/'],
    invalid: ['aws.example', '/path', 'https://h/a//b'],
  },
  AWSPhone: {
    valid: ['+4915112345678', '555-234-5678', '(212) 555-0100'],
    invalid: ['1110004444', '12', 'x'],
  },
  AWSIPAddress: {
    valid: ['127.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32'],
    invalid: ['127.0.0', '10.0.0.0/33', '::/129', '1.2.3.4/8/8'],
  },
};

function schemaFor(scalar: string): string {
  return `type Query { echo(value: ${scalar}): ${scalar}, say(json: String): ${scalar} }`;
}

const resolvers = [
  {
    typeName: 'Query',
    fieldName: 'echo',
    dataSourceName: 'none',
    code: `export const request = (ctx) => ({ payload: ctx.args.value });
           export const response = (ctx) => ctx.result;`,
  },
  {
    typeName: 'Query',
    fieldName: 'say',
    dataSourceName: 'none',
    code: `export const request = (ctx) => ({ payload: JSON.parse(ctx.args.json) });
           export const response = (ctx) => ctx.result;`,
  },
];

test.each(Object.entries(SCALARS))(
  '%s passes what is of its format, both ways, and rejects anything else',
  async (scalar, { valid, invalid }) => {
    await using api = await serveAppSync({ schema: schemaFor(scalar), resolvers });
    const echo = (value: unknown) => api.query(`query ($v: ${scalar}) { echo(value: $v) }`, { v: value });
    const literal = (value: unknown) => api.query(`{ echo(value: ${JSON.stringify(value)}) }`);
    const say = (value: unknown) =>
      api.query('query ($j: String) { say(json: $j) }', { j: JSON.stringify(value) });
    for (const value of valid) {
      expect(await echo(value)).toEqual({ data: { echo: value } });
      expect(await literal(value)).toEqual({ data: { echo: value } });
    }
    for (const value of invalid) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      expect(await echo(value)).toMatchObject({
        data: null,
        errors: [
          {
            message: expect.stringContaining(`has an invalid value. Unable to parse \`${text}\` as a valid`),
          },
        ],
      });
      expect(await literal(value)).toMatchObject({
        data: null,
        errors: [{ message: expect.stringContaining(`is not a valid '${scalar}'`) }],
      });
      expect(await say(value)).toMatchObject({
        data: { say: null },
        errors: [
          {
            path: ['say'],
            locations: null,
            message: expect.stringContaining(
              `Can't serialize value (/say) : Unable to serialize \`${text}\` as a valid`,
            ),
          },
        ],
      });
    }
  },
);

test('AWSJSON arrives parsed and is returned as text', async () => {
  await using api = await serveAppSync({ schema: schemaFor('AWSJSON'), resolvers });
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
      const text = JSON.stringify(value);
      const response = await api.query('query ($v: AWSJSON) { echo(value: $v) }', { v: text });
      // A JSON null is a null field.
      expect(response).toEqual({ data: { echo: value === null ? null : text } });
    }),
    { numRuns: 50 },
  );
});

test('AWSJSON takes a text of JSON only, never a literal', async () => {
  await using api = await serveAppSync({ schema: schemaFor('AWSJSON'), resolvers });
  for (const literal of ['{a: 1}', '1', 'true', '[]', '"{"', 'word']) {
    expect(await api.query(`{ echo(value: ${literal}) }`)).toMatchObject({
      data: null,
      errors: [{ message: expect.stringContaining("is not a valid 'AWSJSON'") }],
    });
  }
});

test('AWSJSON does not take what would change or break on its way to a resolver', async () => {
  await using api = await serveAppSync({ schema: schemaFor('AWSJSON'), resolvers });
  const echo = (text: string) => api.query('query ($v: AWSJSON) { echo(value: $v) }', { v: text });
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  for (const text of [nested(1_000), '[9007199254740993]', '{"n":1.7e308}']) {
    expect(await echo(text)).not.toHaveProperty('errors');
  }
  for (const text of ['1e400', '{"n":[-1e400]}', nested(1_001), nested(100_000)]) {
    expect(await echo(text)).toMatchObject({
      data: null,
      errors: [{ message: expect.stringMatching(/Unable to parse .* as valid JSON\.$/) }],
    });
  }
});

test('a built-in scalar that a resolver gives a wrong value is an error without a place in the text', async () => {
  const schema = 'enum E { A } type Query { i: Int, e: E }';
  const field = (fieldName: string, json: string) => ({
    typeName: 'Query',
    fieldName,
    dataSourceName: 'none',
    code: `export const request = () => ({}); export const response = () => (${json});`,
  });
  await using api = await serveAppSync({ schema, resolvers: [field('i', '"x"'), field('e', '"B"')] });
  expect(await api.query('{ i e }')).toEqual({
    data: { i: null, e: null },
    errors: [
      {
        path: ['i'],
        locations: null,
        message: `Can't serialize value (/i) : Expected a value of type 'Int': Int cannot represent non-integer value: "x"`,
      },
      {
        path: ['e'],
        locations: null,
        message: "Can't serialize value (/e) : Invalid input for Enum 'E'. No value found for name 'B'",
      },
    ],
  });
});
