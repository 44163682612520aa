import { serveAppSync, type TestApi } from '../serve-for-test.ts';

const schema = `
  type Query { f(a: Int, json: AWSJSON): AWSJSON }
  type Mutation { m: String }
  type Subscription { s: String @aws_subscribe(mutations: ["m"]) }
`;

/** An API whose field `Query.f`, of type AWSJSON, is resolved by the code. */
export function startWithCode(
  code: string,
  {
    dataSourceName = 'none',
    ...more
  }: Partial<Parameters<typeof serveAppSync>[0]> & { dataSourceName?: string } = {},
) {
  return serveAppSync({
    schema,
    resolvers: [{ typeName: 'Query', fieldName: 'f', dataSourceName, code }],
    ...more,
  });
}

/** What `f` gives for the expression. Throws the errors of the response. */
export async function evaluate(
  expression: string,
  more: Parameters<typeof startWithCode>[1] = {},
): Promise<unknown> {
  await using api = await startWithCode(
    `import { util, runtime, extensions } from '@aws-appsync/utils';
     export const request = (ctx) => ({ payload: ${expression} });
     export const response = (ctx) => ctx.result;`,
    more,
  );
  return resultOf(await api.query('{ f(a: 7) }'));
}

/** The value of `f`. Throws the errors of the response. */
export function resultOf(response: unknown): unknown {
  const { data, errors } = response as { data: { f: string | null }; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data.f === null ? null : JSON.parse(data.f);
}

/** The errors of the response to `{ f }`. */
export async function errorsOf(api: TestApi): Promise<unknown> {
  return ((await api.query('{ f }')) as { errors: unknown }).errors;
}
