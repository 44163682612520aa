import {
  type ConflictPolicy,
  DOCUMENT_FIELDS,
  type Document,
  PROCESS_DEFINITION_FIELDS,
  PROCESS_EVENT_FIELDS,
  PROCESS_STATE_FIELDS,
  type ProcessEventPage,
  type ProcessState,
  type ProcessData as WireData,
  type ProcessDefinition as WireDefinition,
} from './api-types.ts';
import { invalidInput } from './errors.ts';
import { exactJson } from './exact-json.ts';
import type { GraphqlRequest } from './graphql-request.ts';
import type { Http } from './http.ts';
import type { Lifetime } from './lifetime.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import { type ProcessData, type ProcessDocument, readDocument } from './process-document.ts';
import type { WrittenSteps } from './step-listing.ts';

/**
 * A kind of process that can be started.
 *
 * @example
 * const names = (await client.definitions()).map((definition: ProcessDefinition) => definition.name);
 */
export type ProcessDefinition = Omit<WireDefinition, 'inputSchema' | 'machine'> & {
  /** JSON Schema of the input. */
  inputSchema: unknown;
  /** State machine in Amazon States Language, for example to draw it. */
  machine: unknown;
};

/**
 * How to start a process.
 *
 * @example
 * const options: StartOptions = { processId: createProcessId(), onConflict: 'REJECT' };
 */
export type StartOptions = {
  /**
   * A lower-case UUID. The same id with the same definition and input is the same process, however
   * often it is started.
   * @default a new one
   */
  processId?: string | undefined;
  /**
   * With `REJECT`, any process that has the id makes the start fail with `ProcessConflict`;
   * therefore such a start is not repeated when its answer gets lost.
   * @default 'JOIN'
   */
  onConflict?: ConflictPolicy | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * A page of a process's history, oldest first. `nextToken` asks for the next one.
 *
 * @example
 * const { items, nextToken }: ProcessHistory = await client.history(processId);
 */
export type ProcessHistory = ProcessEventPage;

/** The facade's queries and mutations, each asked once but for {@link ProcessApi.data}. */
export type ProcessApi = {
  start(definition: string, input: unknown, options: StartOptions, lifetime: Lifetime): Promise<ProcessState>;
  state(processId: string, lifetime: Lifetime): Promise<ProcessState>;
  stop(processId: string, reason: string | undefined, lifetime: Lifetime): Promise<ProcessState>;
  redrive(processId: string, lifetime: Lifetime): Promise<ProcessState>;
  history(
    processId: string,
    page: { limit?: number | undefined; nextToken?: string | undefined },
    lifetime: Lifetime,
  ): Promise<ProcessHistory>;
  /** A page of what the steps have written, without the documents themselves. */
  written(processId: string, nextToken: string | undefined, lifetime: Lifetime): Promise<WrittenSteps>;
  /** All pages. `persist` makes each request; it may repeat it. */
  data(
    processId: string,
    steps: string[] | undefined,
    lifetime: Lifetime,
    persist: <Result>(request: () => Promise<Result>) => Promise<Result>,
  ): Promise<ProcessData>;
  /** Content of the output document alone; null where there is none. */
  output(processId: string, lifetime: Lifetime): Promise<unknown>;
  definitions(lifetime: Lifetime): Promise<ProcessDefinition[]>;
};

/** Documents that `data` fetches by their URLs at a time. */
const FETCHES_AT_A_TIME = 10;

type WirePage = Pick<WireData, 'steps' | 'nextToken'>;

const PAGE = `steps ${DOCUMENT_FIELDS} nextToken`;

/** See schema.graphql for what each field does. */
export function createProcessApi(request: GraphqlRequest, http: Http): ProcessApi {
  const idOf = (processId: string) => ({ processId: ['ID!', processId] }) as const;
  const ofData = (processId: string, steps?: string[], nextToken?: string | null) =>
    ({ ...idOf(processId), steps: ['[String!]', steps], nextToken: ['String', nextToken] }) as const;

  return {
    start(definition, input, { processId, onConflict = 'JOIN' }, lifetime) {
      const args = {
        definition: ['String!', definition],
        input: ['AWSJSON!', inputJson(input)],
        processId: ['ID', processId],
        onConflict: ['ConflictPolicy', onConflict],
      } as const;
      return request('mutation', 'startProcess', args, PROCESS_STATE_FIELDS, lifetime);
    },

    state: (processId, lifetime) =>
      request('query', 'processState', idOf(processId), PROCESS_STATE_FIELDS, lifetime),

    stop: (processId, reason, lifetime) =>
      request(
        'mutation',
        'stopProcess',
        { ...idOf(processId), reason: ['String', reason] },
        PROCESS_STATE_FIELDS,
        lifetime,
      ),

    redrive: (processId, lifetime) =>
      request('mutation', 'redriveProcess', idOf(processId), PROCESS_STATE_FIELDS, lifetime),

    history(processId, { limit, nextToken }, lifetime) {
      const args = { ...idOf(processId), limit: ['Int', limit], nextToken: ['String', nextToken] } as const;
      const page = `{ items ${PROCESS_EVENT_FIELDS} nextToken }`;
      return request('query', 'processHistory', args, page, lifetime);
    },

    written(processId, nextToken, lifetime) {
      const args = ofData(processId, undefined, nextToken);
      const page = '{ steps { step part bytes writtenAt } nextToken }';
      return request('query', 'processData', args, page, lifetime);
    },

    async data(processId, steps, lifetime, persist) {
      const limitFetches = limitConcurrency(FETCHES_AT_A_TIME);
      const read = (document: Document) =>
        limitFetches(() => persist(() => readDocument(document, http, lifetime)));
      const ask = <Wire extends WirePage>(selection: string, nextToken?: string | null) =>
        persist(() =>
          request<Wire>('query', 'processData', ofData(processId, steps, nextToken), selection, lifetime),
        );
      const first = await ask<WireData>(`{ input ${DOCUMENT_FIELDS} output ${DOCUMENT_FIELDS} ${PAGE} }`);
      const input = await read(first.input);
      const written: ProcessDocument[] = [];
      for (let page: WirePage = first; ; page = await ask(`{ ${PAGE} }`, page.nextToken)) {
        written.push(...(await Promise.all(page.steps.map(read))));
        if (page.nextToken === null) break;
      }
      const { output } = first;
      const known = written.find(({ step, part }) => step === output?.step && part === output.part);
      return { processId, input, steps: written, output: known ?? (output && (await read(output))) };
    },

    async output(processId, lifetime) {
      const { output } = await request<Pick<WireData, 'output'>>(
        'query',
        'processData',
        idOf(processId),
        `{ output ${DOCUMENT_FIELDS} }`,
        lifetime,
      );
      return output && (await readDocument(output, http, lifetime)).content;
    },

    async definitions(lifetime) {
      const found = await request<WireDefinition[]>(
        'query',
        'processDefinitions',
        {},
        PROCESS_DEFINITION_FIELDS,
        lifetime,
      );
      return found.map((definition) => ({
        ...definition,
        inputSchema: JSON.parse(definition.inputSchema),
        machine: JSON.parse(definition.machine),
      }));
    },
  };
}

/** The API's own limit, in bytes; a text has at least as many bytes as characters. */
const MAX_INPUT_BYTES = 700_000;

function inputJson(input: unknown): string {
  const toError = (path: string, problem: string) =>
    invalidInput(`The input cannot be sent: ${path || 'it'} ${problem}`, path, problem);
  const json = exactJson(input, toError);
  if (json.length > MAX_INPUT_BYTES) throw toError('', `has over ${MAX_INPUT_BYTES} bytes`);
  return json;
}
