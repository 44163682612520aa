import { type ExecutionResult, getOperationAST, parse, print, separateOperations } from 'graphql';
import { Observable } from 'rxjs';
import { systemClock } from '../../client/clock.ts';
import { createCredentials } from '../../client/credentials.ts';
import { parseEndpoint } from '../../client/endpoint.ts';
import { Realtime } from '../../client/realtime.ts';
import type { Startable } from './example-operations.ts';
import type { ExplorerConfig } from './explorer-config.ts';

/** What GraphiQL passes to its fetcher. */
type Params = { query: string; operationName?: string | null | undefined; variables?: unknown };

const lastStartedKey = 'explorer:lastStarted';
const maxPushesShown = 100;

/**
 * Sends what GraphiQL runs: queries and mutations by POST, subscriptions over one WebSocket in
 * AppSync's protocol.
 *
 * A subscription has a result when it is acknowledged, for each push, and when the connection goes
 * down. Each result is the newest push, with the connection's state and the earlier pushes as
 * `extensions`. An empty `processId` in the variables stands for the process that was started last,
 * which `storage` remembers.
 */
export function createFetcher(config: ExplorerConfig, storage: Pick<Storage, 'getItem' | 'setItem'>) {
  const realtime = new Realtime({
    endpoint: parseEndpoint(config),
    credentials: createCredentials({ apiKey: config.apiKey }),
    webSocket: WebSocket,
    clock: systemClock,
  });
  return async (params: Params): Promise<ExecutionResult | Observable<ExecutionResult>> => {
    const variables = withLastStarted(params.variables, storage.getItem(lastStartedKey));
    const subscription = readSubscription(params.query, params.operationName);
    if (subscription) return pushes(realtime, subscription, variables);

    const result = await post(config, { ...params, variables });
    const started = result.data?.startProcess;
    if (isRecord(started) && typeof started.processId === 'string') {
      storage.setItem(lastStartedKey, started.processId);
    }
    return result;
  };
}

/** Fetches what can be started; nothing if the API does not respond, which any run will show. */
export async function fetchDefinitions(config: ExplorerConfig): Promise<Startable[]> {
  const query = '{ processDefinitions { name inputSchema } }';
  const { data } = await post(config, { query }).catch(() => ({ data: null }));
  return (data?.processDefinitions as Startable[] | null | undefined) ?? [];
}

function withLastStarted(variables: unknown, lastStarted: string | null): Record<string, unknown> {
  if (!isRecord(variables)) return {};
  return variables.processId === '' && lastStarted ? { ...variables, processId: lastStarted } : variables;
}

/**
 * The document of the subscription to run, without its neighbours: a real-time request cannot name
 * one of several.
 */
function readSubscription(query: string, operationName: string | null | undefined): string | undefined {
  try {
    const document = parse(query);
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== 'subscription') return undefined;
    const alone = separateOperations(document)[operation.name?.value ?? ''];
    return alone && print(alone);
  } catch {
    // A syntax error is the API's to explain.
    return undefined;
  }
}

async function post(config: ExplorerConfig, request: object): Promise<ExecutionResult> {
  const response = await fetch(config.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': config.apiKey },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `Expected JSON from ${config.endpoint}, got status ${response.status}: ${text.slice(0, 200)}`;
    throw new Error(message, { cause });
  }
}

function pushes(realtime: Realtime, query: string, variables: Record<string, unknown>) {
  return new Observable<ExecutionResult>((shown) => {
    const received: { receivedAt: string; push: ExecutionResult }[] = [];
    const show = (connection: string) => {
      const [newest, ...earlier] = received;
      const receivedAt = newest?.receivedAt;
      shown.next({ ...newest?.push, extensions: { connection, receivedAt, earlier } });
    };
    return realtime.subscribe(
      { query, variables },
      {
        onAck: () => show('subscribed'),
        onData(payload) {
          received.unshift({ receivedAt: new Date().toISOString(), push: payload as ExecutionResult });
          received.splice(maxPushesShown);
          show('subscribed');
        },
        onDown(rejection) {
          if (rejection === undefined) show('disconnected, reconnecting; pushes in the meantime are lost');
          else shown.error(rejection);
        },
      },
    );
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
