import { invalidInput } from './errors.ts';
import { exactJson } from './exact-json.ts';
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

const DOCUMENTS = `{ input ${DOCUMENT} steps ${DOCUMENT} output ${DOCUMENT} }`;

/** See schema.graphql for what each field does. */
export function createProcessApi(request: GraphqlRequest, http: Http): ProcessApi {
  const idOf = (processId: string) => ({ processId: ['ID!', processId] }) as const;
  const documents = (processId: string, steps: string[] | undefined) =>
    ({ ...idOf(processId), steps: ['[String!]', steps] }) as const;

  return {
    start(definition, input, { processId, onConflict = 'JOIN' }, lifetime) {
      const args = {
        definition: ['String!', definition],
        input: ['AWSJSON!', inputJson(input)],
        processId: ['ID', processId],
        onConflict: ['ConflictPolicy', onConflict],
      } as const;
      return request('mutation', 'startProcess', args, STATE, lifetime);
    },

    state: (processId, lifetime) => request('query', 'processState', idOf(processId), STATE, lifetime),

    stop: (processId, reason, lifetime) =>
      request('mutation', 'stopProcess', { ...idOf(processId), reason: ['String', reason] }, STATE, lifetime),

    redrive: (processId, lifetime) => request('mutation', 'redriveProcess', idOf(processId), STATE, lifetime),

    history(processId, { limit, nextToken }, lifetime) {
      const args = { ...idOf(processId), limit: ['Int', limit], nextToken: ['String', nextToken] } as const;
      const page = '{ items { id at type state error cause } nextToken }';
      return request('query', 'processHistory', args, page, lifetime);
    },

    async data(processId, steps, lifetime) {
      type WireData = { input: WireDocument; steps: WireDocument[]; output: WireDocument | null };
      const args = documents(processId, steps);
      const wire = await request<WireData>('query', 'processData', args, DOCUMENTS, lifetime);
      const read = (document: WireDocument) => readDocument(document, http, lifetime);
      const [input, written] = await Promise.all([read(wire.input), Promise.all(wire.steps.map(read))]);
      const { output } = wire;
      const known = written.find(({ step }) => step === output?.step);
      return { processId, input, steps: written, output: known ?? (output && (await read(output))) };
    },

    async output(processId, lifetime) {
      type WireData = { output: WireDocument | null };
      const args = documents(processId, []);
      const { output } = await request<WireData>(
        'query',
        'processData',
        args,
        `{ output ${DOCUMENT} }`,
        lifetime,
      );
      return output && (await readDocument(output, http, lifetime)).content;
    },

    async definitions(lifetime) {
      type WireDefinition = ProcessDefinition & { inputSchema: string; machine: string };
      const selection = '{ name description inputSchema machine steps }';
      const found = await request<WireDefinition[]>('query', 'processDefinitions', {}, selection, lifetime);
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
