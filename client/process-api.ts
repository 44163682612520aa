import type { GraphqlRequest } from './graphql-request.ts';
import type { Http } from './http.ts';
import type { Lifetime } from './lifetime.ts';
import { operation } from './operation.ts';
import { DOCUMENT, type ProcessData, readDocument, type WireDocument } from './process-document.ts';
import { type ProcessState, STATE } from './process-state.ts';

/**
 * A kind of process that can be started.
 *
 * @example
 * const names = (await client.definitions()).map((definition: ProcessDefinition) => definition.name);
 */
export type ProcessDefinition = {
  name: string;
  description: string | null;
  /** JSON Schema of the input. */
  inputSchema: unknown;
  /** The Amazon States Language definition, for drawing. */
  machine: unknown;
  steps: string[];
};

/**
 * How to start a process.
 *
 * @example
 * const options: StartOptions = { processId: createProcessId(), onConflict: 'REJECT' };
 */
export type StartOptions = {
  /**
   * A lower-case UUID. The same id with the same definition and input is the same process, however often it is started.
   * @default a new one
   */
  processId?: string | undefined;
  /**
   * With `REJECT`, any process that has the id makes the start fail with `ProcessConflict`; therefore such a start is
   * not repeated when its answer gets lost.
   * @default 'JOIN'
   */
  onConflict?: 'JOIN' | 'REJECT' | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * One entry of a process's history. `state` is null for the execution itself.
 *
 * @example
 * const line = ({ at, type, state }: ProcessEvent) => `${at} ${type} ${state ?? ''}`;
 */
export type ProcessEvent = {
  id: number;
  at: string;
  type: string;
  state: string | null;
  error: string | null;
  cause: string | null;
};

/**
 * A page of a process's history, oldest first. `nextToken` asks for the next one.
 *
 * @example
 * const { items, nextToken }: ProcessHistory = await client.history(processId);
 */
export type ProcessHistory = { items: ProcessEvent[]; nextToken: string | null };

/** The facade's queries and mutations, each asked once. */
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
  data(processId: string, steps: string[] | undefined, lifetime: Lifetime): Promise<ProcessData>;
  /** Content of the output document alone; null where there is none. */
  output(processId: string, lifetime: Lifetime): Promise<unknown>;
  definitions(lifetime: Lifetime): Promise<ProcessDefinition[]>;
};

const ID = { processId: 'ID!' };
const DATA_ARGUMENTS = { ...ID, steps: '[String!]' };
const DOCUMENTS = `{ input ${DOCUMENT} steps ${DOCUMENT} output ${DOCUMENT} }`;

/** See schema.graphql for what each field does. */
export function createProcessApi(request: GraphqlRequest, http: Http): ProcessApi {
  async function ask<Result>(
    kind: 'query' | 'mutation',
    field: string,
    types: Record<string, string>,
    selection: string,
    variables: Record<string, unknown>,
    lifetime: Lifetime,
  ): Promise<Result> {
    const data = await request<Record<string, Result>>(
      operation(kind, field, types, selection),
      variables,
      lifetime,
    );
    return data[field] as Result;
  }

  return {
    start: (definition, input, { processId, onConflict = 'JOIN' }, lifetime) =>
      ask(
        'mutation',
        'startProcess',
        { definition: 'String!', input: 'AWSJSON!', processId: 'ID', onConflict: 'ConflictPolicy' },
        STATE,
        { definition, input: JSON.stringify(input), processId, onConflict },
        lifetime,
      ),

    state: (processId, lifetime) => ask('query', 'processState', ID, STATE, { processId }, lifetime),

    stop: (processId, reason, lifetime) =>
      ask('mutation', 'stopProcess', { ...ID, reason: 'String' }, STATE, { processId, reason }, lifetime),

    redrive: (processId, lifetime) => ask('mutation', 'redriveProcess', ID, STATE, { processId }, lifetime),

    history: (processId, page, lifetime) =>
      ask(
        'query',
        'processHistory',
        { ...ID, limit: 'Int', nextToken: 'String' },
        '{ items { id at type state error cause } nextToken }',
        { processId, ...page },
        lifetime,
      ),

    async data(processId, steps, lifetime) {
      type WireData = { input: WireDocument; steps: WireDocument[]; output: WireDocument | null };
      const types = { ...ID, steps: '[String!]' };
      const wire = await ask<WireData>(
        'query',
        'processData',
        types,
        DOCUMENTS,
        { processId, steps },
        lifetime,
      );
      const read = (document: WireDocument) => readDocument(document, http, lifetime);
      const [input, documents] = await Promise.all([read(wire.input), Promise.all(wire.steps.map(read))]);
      const { output } = wire;
      const known = documents.find(({ step }) => step === output?.step);
      return { processId, input, steps: documents, output: known ?? (output && (await read(output))) };
    },

    async output(processId, lifetime) {
      const { output } = await ask<{ output: WireDocument | null }>(
        'query',
        'processData',
        DATA_ARGUMENTS,
        `{ output ${DOCUMENT} }`,
        { processId, steps: [] },
        lifetime,
      );
      return output && (await readDocument(output, http, lifetime)).content;
    },

    async definitions(lifetime) {
      type WireDefinition = ProcessDefinition & { inputSchema: string; machine: string };
      const found = await ask<WireDefinition[]>(
        'query',
        'processDefinitions',
        {},
        '{ name description inputSchema machine steps }',
        {},
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
