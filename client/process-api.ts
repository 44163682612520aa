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
 * Options for starting a process.
 *
 * @example
 * const options: StartOptions = { processId: createProcessId(), onConflict: 'REJECT' };
 */
export type StartOptions = {
  /**
   * A lowercase UUID. Repeating a start with the same id, definition and input returns the same
   * process.
   * @default a new one
   */
  processId?: string | undefined;
  /**
   * With `REJECT`, the start fails with `ProcessConflict` if any process has the id. Therefore such
   * a start is not retried if its response is lost.
   * @default 'JOIN'
   */
  onConflict?: ConflictPolicy | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * A page of a process's history, oldest first. Pass `nextToken` for the next page.
 *
 * @example
 * const { items, nextToken }: ProcessHistory = await client.history(processId);
 */
export type ProcessHistory = ProcessEventPage;

/** The facade's queries and mutations. Each makes one request, except {@link ProcessApi.data}. */
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
  /** Returns a page of the documents of steps, without their content. */
  written(processId: string, nextToken: string | undefined, lifetime: Lifetime): Promise<WrittenSteps>;
  /** Returns all pages. `persist` makes each request, and may retry it. */
  data(
    processId: string,
    steps: string[] | undefined,
    lifetime: Lifetime,
    persist: <Result>(request: () => Promise<Result>) => Promise<Result>,
  ): Promise<ProcessData>;
  /** Returns only the content of the output document; null if it is not written. */
  output(processId: string, lifetime: Lifetime): Promise<unknown>;
  definitions(lifetime: Lifetime): Promise<ProcessDefinition[]>;
};

/** Concurrent downloads of documents in `data`. */
const FETCHES_AT_A_TIME = 10;

type WirePage = Pick<WireData, 'steps' | 'nextToken'>;

const PAGE = `steps ${DOCUMENT_FIELDS} nextToken`;

/** Creates the API. schema.graphql describes each field. */
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
      const fetchPage = <Wire extends WirePage>(selection: string, nextToken?: string | null) =>
        persist(() =>
          request<Wire>('query', 'processData', ofData(processId, steps, nextToken), selection, lifetime),
        );
      const first = await fetchPage<WireData>(
        `{ input ${DOCUMENT_FIELDS} output ${DOCUMENT_FIELDS} ${PAGE} }`,
      );
      const input = await read(first.input);
      const written: ProcessDocument[] = [];
      for (let page: WirePage = first; ; page = await fetchPage(`{ ${PAGE} }`, page.nextToken)) {
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

/** Limit of the API, in bytes. A string has at least as many bytes as characters. */
const MAX_INPUT_BYTES = 700_000;

function inputJson(input: unknown): string {
  const toError = (path: string, problem: string) =>
    invalidInput(`The input cannot be sent: ${path || 'it'} ${problem}`, path, problem);
  const json = exactJson(input, toError);
  if (json.length > MAX_INPUT_BYTES) throw toError('', `exceeds ${MAX_INPUT_BYTES} bytes`);
  return json;
}
