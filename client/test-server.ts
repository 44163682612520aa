import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ProcessState } from './api-types.ts';

/** One GraphQL request that came in over HTTP. */
type TestRequest = { field: string; variables: Record<string, unknown>; credential: string };

/** What a test makes the server do instead of its usual response. */
type TestResponse = { status?: number; body?: unknown } | 'cut' | 'hang' | undefined;

type TestDocuments = { input: unknown; steps: Record<string, unknown>; output?: string; byUrl?: boolean };

type Started = { socket: WebSocket; id: string; field: string; processId: string | undefined };

const DEFAULT_STATE: ProcessState = {
  processId: '',
  owner: 'api-key',
  definition: 'order',
  status: 'RUNNING',
  version: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  stoppedAt: null,
  error: null,
  cause: null,
  stepsDone: 0,
  stepsTotal: 6,
};

/** Returns a running state of the process, with changes. */
export function testState(processId: string, changes: Partial<ProcessState> = {}): ProcessState {
  return { ...DEFAULT_STATE, processId, ...changes };
}

/** Waits until the condition holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

/**
 * The facade's API as far as a client sees it, over HTTP and AppSync's real-time protocol, with
 * faults by command.
 */
export type TestServer = AsyncDisposable & {
  endpoint: string;
  /** Credentials that are accepted. */
  credentials: Set<string>;
  requests: TestRequest[];
  /** Credentials with which sockets were asked for, also rejected ones. */
  connects: string[];
  /** Frames of the clients, by type. */
  frames: { type: string; id?: string }[];
  /** How many subscriptions were ever asked for. */
  starts(): number;
  /** Acknowledged subscriptions that stand. */
  subscriptions(): Started[];
  /** Open sockets. */
  sockets(): number;
  states: Map<string, ProcessState>;
  /** Those of steps by name, or by name and part: `Pack/3`. */
  documents: Map<string, TestDocuments>;
  /** Documents of steps in a page. */
  pageSize: number;
  /** Decides about a request before the usual response is sent. */
  intercept: (request: TestRequest, count: number) => TestResponse;
  /** Sends back a frame instead of `start_ack`, or nothing for `'silent'`. */
  rejectStart: ((field: string, credential: string) => object | 'silent' | undefined) | undefined;
  acceptUpgrades: boolean;
  /** Sockets stay open, but nothing they receive gets a response. */
  deaf: boolean;
  /** Records a state without a notification. */
  record(state: ProcessState): void;
  /** Sends a state to its subscribers, without recording it. */
  push(state: ProcessState): void;
  /** Writes a step's document without a notification. */
  writeStep(processId: string, name: string): void;
  /** Pushes to the subscribers of a process that a step has written. */
  pushStep(processId: string): void;
  /** Sends any frame to every subscription. */
  send(frame: object): void;
  /** Cuts every socket without a word. */
  cut(): void;
};

/** Listens on a free port of the loopback address. */
export async function startTestServer(): Promise<TestServer> {
  const open = new Set<WebSocket>();
  const connections = new Set<Socket>();
  let started: Started[] = [];
  const http = createServer((request, response) => void serve(request, response));
  http.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  const upgrades = new WebSocketServer({ noServer: true });

  const server: TestServer = {
    endpoint: '',
    credentials: new Set(['key']),
    requests: [],
    connects: [],
    frames: [],
    starts: () => server.frames.filter(({ type }) => type === 'start').length,
    subscriptions: () => started,
    sockets: () => open.size,
    states: new Map(),
    documents: new Map(),
    pageSize: 100,
    intercept: () => undefined,
    rejectStart: undefined,
    acceptUpgrades: true,
    deaf: false,
    record: (state) => server.states.set(state.processId, state),
    push: (state) => publish('onProcessState', state),
    writeStep(processId, name) {
      const documents = server.documents.get(processId) ?? { input: {}, steps: {} };
      documents.steps[name] = {};
      server.documents.set(processId, documents);
    },
    pushStep: (processId) => publish('onProcessStep', { processId }),
    send(frame) {
      for (const { socket, id } of started) socket.send(JSON.stringify({ id, ...frame }));
    },
    cut() {
      for (const socket of open) socket.terminate();
      started = [];
    },
    async [Symbol.asyncDispose]() {
      server.cut();
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };

  function publish(field: string, push: { processId: string }) {
    for (const each of started) {
      if (each.field !== field || (each.processId ?? push.processId) !== push.processId) continue;
      each.socket.send(JSON.stringify({ id: each.id, type: 'data', payload: { data: { [field]: push } } }));
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const credential = credentialOf(request.headers);
    const isDocument = request.url?.startsWith('/documents/') ?? false;
    const asked = isDocument
      ? { query: 'document', variables: { url: request.url ?? '' } }
      : JSON.parse(Buffer.concat(chunks).toString());
    const field =
      /(startProcess|redriveProcess|processState|processData|processDefinitions|document)/.exec(
        asked.query,
      )?.[1] ?? '';
    const entry = { field, variables: asked.variables, credential };
    server.requests.push(entry);
    const planned = server.intercept(entry, server.requests.filter((each) => each.field === field).length);
    if (planned === 'hang') return;
    if (planned === 'cut') return request.socket.destroy();
    if (planned) return reply(planned.status ?? 200, planned.body ?? {});
    if (isDocument) return reply(200, documentText(request.url ?? ''));
    if (!server.credentials.has(credential)) {
      return reply(401, {
        errors: [
          { errorType: 'UnauthorizedException', message: 'You are not authorized to make this call.' },
        ],
      });
    }
    reply(200, resolve(field, asked.variables));
  }

  function documentText(url: string): string {
    const [, , processId = '', step = ''] = url.split(/[/?]/);
    const documents = server.documents.get(processId);
    return JSON.stringify(step === 'input' ? documents?.input : documents?.steps[step]);
  }

  function resolve(field: string, variables: Record<string, unknown>): object {
    const processId = String(variables.processId);
    const notFound = {
      data: null,
      errors: [{ path: [field], errorType: 'ProcessNotFound', errorInfo: null, message: 'No such process.' }],
    };
    const state = server.states.get(processId);
    if (field === 'startProcess') {
      const present = state ?? testState(processId, { definition: String(variables.definition) });
      server.record(present);
      return { data: { startProcess: present } };
    }
    if (field === 'processState') return state ? { data: { processState: state } } : notFound;
    if (field === 'processDefinitions') {
      const order = {
        name: 'order',
        description: null,
        inputSchema: '{"type":"object"}',
        machine: '{"States":{}}',
      };
      return { data: { processDefinitions: [{ ...order, steps: ['Price'] }] } };
    }
    const documents = server.documents.get(processId) ?? (state && { input: {}, steps: {} });
    return documents ? { data: { processData: dataOf(processId, documents, variables) } } : notFound;
  }

  function dataOf(processId: string, documents: TestDocuments, variables: Record<string, unknown>): object {
    const document = (name: string, content: unknown) => ({
      step: name.split('/')[0],
      part: name.split('/')[1] ?? null,
      bytes: 1,
      writtenAt: '2026-01-01T00:00:01.000Z',
      json: documents.byUrl ? null : JSON.stringify(content),
      url: `${server.endpoint.replace('/graphql', '')}/documents/${processId}/${name}?X-Amz-Signature=secret`,
    });
    const wanted = (variables.steps as string[] | undefined) ?? Object.keys(documents.steps);
    const from = Number(variables.nextToken ?? 0);
    const to = from + server.pageSize;
    const { output } = documents;
    return {
      input: document('input', documents.input),
      steps: wanted.slice(from, to).map((name) => document(name, documents.steps[name])),
      output: output ? document(output, documents.steps[output]) : null,
      nextToken: to < wanted.length ? String(to) : null,
    };
  }

  http.on('upgrade', (request, socket, head) => {
    const protocols = request.headers['sec-websocket-protocol']?.split(', ') ?? [];
    const header =
      protocols.find((protocol) => protocol.startsWith('header-'))?.slice('header-'.length) ?? '';
    const credential = credentialOf(JSON.parse(Buffer.from(header, 'base64url').toString()));
    server.connects.push(credential);
    if (!server.acceptUpgrades || request.url !== '/graphql/realtime') return socket.destroy();
    upgrades.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, credential));
  });

  function accept(socket: WebSocket, credential: string) {
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      started = started.filter((each) => each.socket !== socket);
    });
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    socket.on('message', (data) => {
      if (server.deaf) return;
      const frame = JSON.parse(String(data));
      server.frames.push(frame);
      if (frame.type === 'connection_init') {
        if (server.credentials.has(credential)) {
          return send({
            type: 'connection_ack',
            payload: { connectionTimeoutMs: 300_000 },
          });
        }
        const error = {
          errorType: 'UnauthorizedException',
          message: 'You are not authorized.',
          errorCode: 401,
        };
        // AppSync closes the socket too; the client must not rely on it.
        return send({ type: 'connection_error', payload: { errors: [error] } });
      }
      if (frame.type === 'stop') {
        started = started.filter((each) => each.socket !== socket || each.id !== frame.id);
        return send({ type: 'complete', id: frame.id });
      }
      if (frame.type !== 'start') return;
      const { query, variables } = JSON.parse(frame.payload.data);
      const field = /onProcess(State|Step)/.exec(query)?.[0] ?? '';
      const rejection = server.rejectStart?.(field, credentialOf(frame.payload.extensions.authorization));
      if (rejection === 'silent') return;
      if (rejection) return send({ id: frame.id, ...rejection });
      started = [...started, { socket, id: frame.id, field, processId: variables.processId }];
      send({ type: 'start_ack', id: frame.id });
    });
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`;
  return server;
}

function credentialOf(headers: Record<string, unknown>): string {
  return String(headers['x-api-key'] ?? headers.authorization ?? headers.Authorization ?? '');
}
