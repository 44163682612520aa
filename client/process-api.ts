import type { GraphqlRequest } from './graphql-request.ts';
import type { Http } from './http.ts';
import type { Lifetime } from './lifetime.ts';
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

/** See schema.graphql for what each field does. */
export function createProcessApi(request: GraphqlRequest, http: Http): ProcessApi {
  return {
    async start(definition, input, { processId, onConflict = 'JOIN' }, lifetime) {
      const { startProcess } = await request<{ startProcess: ProcessState }>(
        `mutation ($definition: String!, $input: AWSJSON!, $processId: ID, $onConflict: ConflictPolicy) { startProcess(definition: $definition, input: $input, processId: $processId, onConflict: $onConflict) ${STATE} }`,
        { definition, input: JSON.stringify(input), processId, onConflict },
        lifetime,
      );
      return startProcess;
    },

    async state(processId, lifetime) {
      const { processState } = await request<{ processState: ProcessState }>(
        `query ($processId: ID!) { processState(processId: $processId) ${STATE} }`,
        { processId },
        lifetime,
      );
      return processState;
    },

    async stop(processId, reason, lifetime) {
      const { stopProcess } = await request<{ stopProcess: ProcessState }>(
        `mutation ($processId: ID!, $reason: String) { stopProcess(processId: $processId, reason: $reason) ${STATE} }`,
        { processId, reason },
        lifetime,
      );
      return stopProcess;
    },

    async redrive(processId, lifetime) {
      const { redriveProcess } = await request<{ redriveProcess: ProcessState }>(
        `mutation ($processId: ID!) { redriveProcess(processId: $processId) ${STATE} }`,
        { processId },
        lifetime,
      );
      return redriveProcess;
    },

    async history(processId, page, lifetime) {
      const { processHistory } = await request<{ processHistory: ProcessHistory }>(
        `query ($processId: ID!, $limit: Int, $nextToken: String) { processHistory(processId: $processId, limit: $limit, nextToken: $nextToken) { items { id at type state error cause } nextToken } }`,
        { processId, ...page },
        lifetime,
      );
      return processHistory;
    },

    async data(processId, steps, lifetime) {
      type WireData = { input: WireDocument; steps: WireDocument[]; output: WireDocument | null };
      const { processData } = await request<{ processData: WireData }>(
        `query ($processId: ID!, $steps: [String!]) { processData(processId: $processId, steps: $steps) { input ${DOCUMENT} steps ${DOCUMENT} output ${DOCUMENT} } }`,
        { processId, steps },
        lifetime,
      );
      const { output } = processData;
      const read = (document: WireDocument) => readDocument(document, http, lifetime);
      const [input, documents] = await Promise.all([
        read(processData.input),
        Promise.all(processData.steps.map(read)),
      ]);
      const known = documents.find(({ step }) => step === output?.step);
      return { processId, input, steps: documents, output: known ?? (output && (await read(output))) };
    },

    async output(processId, lifetime) {
      const { processData } = await request<{ processData: { output: WireDocument | null } }>(
        `query ($processId: ID!) { processData(processId: $processId, steps: []) { output ${DOCUMENT} } }`,
        { processId },
        lifetime,
      );
      return processData.output && (await readDocument(processData.output, http, lifetime)).content;
    },

    async definitions(lifetime) {
      type WireDefinition = ProcessDefinition & { inputSchema: string; machine: string };
      const { processDefinitions } = await request<{ processDefinitions: WireDefinition[] }>(
        '{ processDefinitions { name description inputSchema machine steps } }',
        {},
        lifetime,
      );
      return processDefinitions.map((definition) => ({
        ...definition,
        inputSchema: JSON.parse(definition.inputSchema),
        machine: JSON.parse(definition.machine),
      }));
    },
  };
}
