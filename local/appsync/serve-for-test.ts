import { createServer } from 'node:http';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { WebSocket } from 'ws';
import { listen } from '../../test/kit/listen.ts';
import { KEEP_ALIVE_MS } from '../common/http-server.ts';
import type { InvokeResult } from '../common/invoke-lambda.ts';
import { type Credentials, createCredentials } from '../iam/credentials.ts';
import { createSignatureVerifier, NodeSha256 } from '../iam/sigv4.ts';
import { type AppSync, type AppSyncConfiguration, createAppSync } from './appsync.ts';

/** An API on a free port, for the tests of this folder. */
export type TestApi = AsyncDisposable & {
  appSync: AppSync;
  url: string;
  credentials: Credentials;
  /** The events that the Lambda function was called with. */
  lambdaCalls: unknown[];
  post(body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: unknown }>;
  query(query: string, variables?: Record<string, unknown>): Promise<unknown>;
  connect(options?: ConnectOptions): Promise<TestSocket>;
};

/** How a WebSocket is opened; without anything, with the API key in a sub-protocol. */
type ConnectOptions = { protocols?: string[]; query?: string; headers?: Record<string, string> };

/** A client of the real-time protocol that keeps every frame until it is asked for. */
export type TestSocket = {
  raw: WebSocket;
  send(frame: unknown): void;
  /** The next frame that is no `ka`; rejects when the socket closes first. */
  next(): Promise<unknown>;
  closed: Promise<number>;
  /** Sends a `start`, and gives the response. */
  start(id: string, query: string, options?: StartOptions): Promise<unknown>;
};

type StartOptions = { variables?: Record<string, unknown>; authorization?: Record<string, string> };

export const API_KEY = 'da2-abcdefghijklmnopqrstuvwxyz';
export const ROLE_ARN = 'arn:aws:iam::000000000000:role/Caller';

/**
 * Starts an API with one Lambda data source `fn` and one data source `none`; open to an API key
 * and, by directive, to IAM.
 */
export async function serveAppSync(
  configuration: Pick<AppSyncConfiguration, 'schema'> &
    Partial<Omit<AppSyncConfiguration, 'api'>> & {
      api?: Partial<AppSyncConfiguration['api']>;
      lambda?: (payload: unknown, signal?: AbortSignal) => unknown;
    },
): Promise<TestApi> {
  const { lambda = () => null, api, ...given } = configuration;
  const credentials = createCredentials();
  const verifier = createSignatureVerifier(credentials, { region: 'us-east-1' });
  const lambdaCalls: unknown[] = [];
  const appSync = createAppSync({
    apiKeys: [{ value: API_KEY, expires: Date.now() / 1000 + 3600 }],
    dataSources: [
      { name: 'fn', type: 'AWS_LAMBDA', functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fn' },
      { name: 'none', type: 'NONE' },
    ],
    resolvers: [],
    async invokeLambda(_arn, payload, signal): Promise<InvokeResult> {
      lambdaCalls.push(JSON.parse(JSON.stringify(payload)));
      try {
        return { ok: true, payload: await lambda(payload, signal) };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return { ok: false, error: { errorType: error.name, errorMessage: error.message } };
      }
    },
    verifier,
    isAllowed: () => true,
    ...given,
    api: {
      apiId: 'api1',
      authenticationType: 'API_KEY',
      additionalAuthenticationTypes: ['AWS_IAM'],
      environmentVariables: {},
      region: 'us-east-1',
      accountId: '000000000000',
      ...api,
    },
  });

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
    appSync.handleRequest(request, response),
  );
  server.on('upgrade', appSync.handleUpgrade);
  const listening = await listen(server);
  const url = `${listening.origin}/graphql`;

  const post = async (body: unknown, headers: Record<string, string> = { 'x-api-key': API_KEY }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url, { method: 'POST', body: text, headers });
    return { status: response.status, body: await response.json() };
  };

  return {
    appSync,
    url,
    credentials,
    lambdaCalls,
    post,
    query: async (query, variables) => (await post({ query, variables })).body,
    connect: (options) => openSocket(url.replace('http', 'ws'), options),
    async [Symbol.asyncDispose]() {
      await appSync.close();
      await listening[Symbol.asyncDispose]();
    },
  };
}

/** The sub-protocol that carries credentials. */
export function headerProtocol(header: Record<string, string>): string {
  return `header-${Buffer.from(JSON.stringify(header)).toString('base64url')}`;
}

async function openSocket(
  url: string,
  {
    protocols = ['graphql-ws', headerProtocol({ host: 'localhost', 'x-api-key': API_KEY })],
    query = '',
    headers = {},
  }: ConnectOptions = {},
): Promise<TestSocket> {
  const raw = new WebSocket(`${url}/realtime${query}`, protocols, { headers });
  const frames: unknown[] = [];
  const waiting: ((frame: unknown) => void)[] = [];
  raw.on('message', (data) => {
    const frame: unknown = JSON.parse(String(data));
    if (isKeepAlive(frame)) return;
    const wake = waiting.shift();
    if (wake) wake(frame);
    else frames.push(frame);
  });
  const closed = new Promise<number>((resolve) => raw.on('close', resolve));
  await new Promise((resolve, reject) => raw.on('open', resolve).on('error', reject));

  const next = (): Promise<unknown> => {
    if (frames.length > 0) return Promise.resolve(frames.shift());
    return new Promise((resolve, reject) => {
      waiting.push(resolve);
      closed.then((code) => reject(new Error(`The socket closed with ${code} before a frame came.`)));
    });
  };
  const send = (frame: unknown) => raw.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  return {
    raw,
    send,
    next,
    closed,
    start(
      id,
      document,
      { variables = {}, authorization = { host: 'localhost', 'x-api-key': API_KEY } } = {},
    ) {
      const data = JSON.stringify({ query: document, variables });
      send({ id, type: 'start', payload: { data, extensions: { authorization } } });
      return next();
    },
  };
}

/** The headers that a session of {@link ROLE_ARN} signs a POST with. */
export async function signedHeaders(
  api: TestApi,
  path: string,
  body: string,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    credentials: api.credentials.issue(ROLE_ARN, 'session'),
    region: 'us-east-1',
    service: 'appsync',
    sha256: NodeSha256,
  });
  const { host: hostname } = new URL(api.url);
  const headers = {
    host: hostname,
    accept: 'application/json, text/javascript',
    'content-encoding': 'amz-1.0',
  };
  const signed = await signer.sign(new HttpRequest({ method: 'POST', hostname, path, headers, body }));
  return signed.headers;
}

/** Opens a socket and takes the acknowledgement. */
export async function connectAcknowledged(api: TestApi): Promise<TestSocket> {
  const socket = await api.connect();
  socket.send({ type: 'connection_init' });
  await socket.next();
  return socket;
}

function isKeepAlive(frame: unknown): boolean {
  return typeof frame === 'object' && frame !== null && 'type' in frame && frame.type === 'ka';
}
