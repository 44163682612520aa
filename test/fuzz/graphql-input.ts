import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dice } from './dice.ts';
import { type Header, type Input, type Request, signed, type Target, whole } from './http-bytes.ts';
import { jsonText, junkJson, junkText, mutateJson, mutateText, perhapsJunk } from './junk.ts';

const ORDER = readFileSync(join(import.meta.dirname, '../../examples/order.json'), 'utf8');
const STATE =
  'processId owner definition status version startedAt stoppedAt error cause stepsDone stepsTotal';

type Operation = { query: string; variables: (dice: Dice) => Record<string, unknown> };

const processId = (dice: Dice) => `01900000-0000-7000-8000-00000000000${dice.below(9)}`;

/** Good operations, from which the inputs are made. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  processState: {
    query: `query ($id: ID!) { processState(processId: $id) { ${STATE} } }`,
    variables: (dice) => ({ id: processId(dice) }),
  },
  processData: {
    query:
      'query ($id: ID!, $steps: [String!], $token: String) { processData(processId: $id, steps: $steps, nextToken: $token) { processId input { ...D } steps { ...D } output { ...D } } } fragment D on Document { step bytes writtenAt json url }',
    variables: (dice) => ({
      id: processId(dice),
      steps: dice.one([null, [], ['ValidateOrder', 'PriceOrder/1']]),
      token: dice.one([null, 'x', 'e30']),
    }),
  },
  processHistory: {
    query:
      'query ($id: ID!, $limit: Int, $token: String) { processHistory(processId: $id, limit: $limit, nextToken: $token) { items { id at type state error cause } nextToken } }',
    variables: (dice) => ({
      id: processId(dice),
      limit: dice.one([null, 1, 1_000, 0, -1]),
      token: dice.one([null, 'x', 'bnVsbA']),
    }),
  },
  processDefinitions: {
    query: '{ processDefinitions { name description inputSchema machine steps __typename } }',
    variables: () => ({}),
  },
  startProcess: {
    query: `mutation ($id: ID, $definition: String!, $input: AWSJSON!, $conflict: ConflictPolicy) { startProcess(processId: $id, definition: $definition, input: $input, onConflict: $conflict) { ${STATE} } }`,
    variables: (dice) => ({
      id: dice.one([null, processId(dice)]),
      definition: dice.one(['order', 'order', 'shipping', 'six-steps', 'loop-and-map', 'nothing']),
      // A whole order costs a second of this machine, so most are spoilt.
      input: dice.chance(0.02) ? ORDER : jsonText(dice, mutateJson(dice, JSON.parse(ORDER))),
      conflict: dice.one([null, 'JOIN', 'REJECT']),
    }),
  },
  stopProcess: {
    query: `mutation ($id: ID!, $reason: String) { stopProcess(processId: $id, reason: $reason) { ${STATE} } }`,
    variables: (dice) => ({ id: processId(dice), reason: dice.one([null, 'enough']) }),
  },
  redriveProcess: {
    query: `mutation ($id: ID!) { redriveProcess(processId: $id) { ${STATE} } }`,
    variables: (dice) => ({ id: processId(dice) }),
  },
  publishProcessState: {
    query: `mutation ($state: ProcessStateInput!) { publishProcessState(state: $state) { ${STATE} } }`,
    variables: (dice) => ({
      state: {
        ...{
          processId: processId(dice),
          owner: 'api-key',
          definition: 'order',
          status: 'RUNNING',
          version: 1,
        },
        ...{
          startedAt: '2026-01-01T00:00:00Z',
          stoppedAt: null,
          error: null,
          cause: null,
          stepsDone: 0,
          stepsTotal: 7,
        },
      },
    }),
  },
  publishProcessStep: {
    query:
      'mutation ($key: String!, $bytes: Int!, $at: AWSDateTime!) { publishProcessStep(key: $key, bytes: $bytes, writtenAt: $at) { processId owner step bytes writtenAt } }',
    variables: (dice) => ({
      key: `processes/api-key/${processId(dice)}/steps/PriceOrder.json`,
      bytes: 1,
      at: '2026-01-01T00:00:00Z',
    }),
  },
  introspection: {
    query:
      '{ __schema { types { name fields { name type { name ofType { name } } } } } __type(name: "Query") { name } }',
    variables: () => ({}),
  },
  subscription: {
    query: 'subscription ($id: ID) { onProcessState(processId: $id) { processId status } }',
    variables: (dice) => ({ id: dice.one([null, processId(dice)]) }),
  },
};

const HUGE = [
  `{${'processDefinitions{name}'.repeat(3_000)}}`,
  `{${Array.from({ length: 60 }, (_, i) => `a${i}:processDefinitions{name}`).join(' ')}}`,
  `{a${'{a'.repeat(5_000)}${'}'.repeat(5_001)}`,
  `query(${Array.from({ length: 2_000 }, (_, i) => `$a${i}:Int`).join()}){__typename}`,
  `{__typename ${'@skip(if:true)'.repeat(2_000)}}`,
  `${Array.from({ length: 500 }, (_, i) => `fragment F${i} on Query{...F${i + 1}}`).join(' ')}{...F0}`,
  'fragment F on Query{...F}{...F}',
  `{processState(processId:"${'x'.repeat(100_000)}"){status}}`,
  `#${'('.repeat(100_000)}`,
  `{processState(processId:${'['.repeat(4_000)}${']'.repeat(4_000)}){status}}`,
];

/** The body of a GraphQL request. */
export function graphQlBody(dice: Dice): { name: string; query: string; variables: unknown } {
  const name = dice.one(Object.keys(OPERATIONS));
  const operation = OPERATIONS[name];
  if (!operation) throw new RangeError(name);
  const variables = operation.variables(dice);
  return {
    name,
    query: dice.chance(0.03)
      ? dice.one(HUGE)
      : dice.chance(0.15)
        ? mutateText(dice, operation.query)
        : operation.query,
    variables: dice.chance(0.4) ? mutateJson(dice, variables) : variables,
  };
}

/** A request to AppSync over HTTP. */
export async function graphQlInput(dice: Dice, target: Target): Promise<Input> {
  const { name, query, variables } = graphQlBody(dice);
  const content: Record<string, unknown> = { query, variables };
  if (dice.chance(0.05)) content.operationName = junkJson(dice);
  const body = jsonText(dice, dice.chance(0.03) ? mutateJson(dice, content) : content);
  const headers: Header[] = [
    ['content-type', perhapsJunk(dice, 'application/json', 0.05)],
    ...dice.some<Header>(
      [
        ['accept', 'application/graphql-response+json'],
        ['origin', 'http://localhost:5173'],
        ['x-forwarded-for', '1.2.3.4, é'],
        ['content-encoding', 'gzip'],
        ['x-amz-user-agent', 'aws-amplify/6'],
        ['transfer-encoding', 'chunked'],
      ],
      0.04,
    ),
  ];
  const post: Request = { method: 'POST', path: '/graphql', headers, body };
  const get: Request = { method: 'GET', path: `/graphql?${queryOf(dice, query, variables)}`, headers };
  const request = dice.chance(0.85)
    ? post
    : dice.chance(0.8)
      ? get
      : { ...post, method: dice.one(['PUT', 'OPTIONS', 'HEAD', 'DELETE']) };
  return whole(
    `graphql ${name}`,
    target,
    await authorized(dice, target, request, name.startsWith('publish')),
  );
}

function queryOf(dice: Dice, query: string, variables: unknown): string {
  const parameters = new URLSearchParams({
    query: query.slice(0, 4_000).toWellFormed(),
    variables: jsonText(dice, variables).slice(0, 4_000).toWellFormed(),
  });
  return dice.chance(0.9) ? parameters.toString() : mutateText(dice, parameters.toString());
}

async function authorized(dice: Dice, target: Target, request: Request, isForIam: boolean): Promise<Request> {
  if (isForIam ? dice.chance(0.8) : dice.chance(0.03)) {
    const { headers, ...good } = await signed(target, 'appsync', request);
    return dice.chance(0.9)
      ? { ...good, headers }
      : { ...good, headers: headers.map(([name, value]): Header => [name, perhapsJunk(dice, value)]) };
  }
  const key: Header = dice.chance(0.94)
    ? ['x-api-key', target.outputs.apiKey]
    : [dice.one(['x-api-key', 'authorization', 'x-other']), junkText(dice)];
  return { ...request, headers: [...request.headers, key] };
}
