import { PROCESS_STATE_FIELDS, type ProcessState } from './api-types.ts';
import { type Clock, systemClock } from './clock.ts';
import { type CredentialOptions, createCredentials } from './credentials.ts';
import { DISPOSE, type DisposableIfKnown } from './dispose.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint.ts';
import { ClientDisposedError, RequestError } from './errors.ts';
import { followEach, followToEnd, requireSucceeded } from './follow.ts';
import { createGraphqlRequest } from './graphql-request.ts';
import { createHttp } from './http.ts';
import { Lifetime, type Limits, startLifetime, within } from './lifetime.ts';
import {
  createProcessApi,
  type ProcessDefinition,
  type ProcessHistory,
  type StartOptions,
} from './process-api.ts';
import type { ProcessData } from './process-document.ts';
import type { ProcessUpdate, Via } from './process-feed.ts';
import { createProcessFeeds } from './process-feeds.ts';
import { createProcessId } from './process-id.ts';
import { createProcessPushes } from './process-pushes.ts';
import { STEP } from './process-state.ts';
import { type Connection, createRealtime } from './realtime.ts';
import { retry } from './retry.ts';

/**
 * What a client is made with: an endpoint and exactly one of `apiKey` and `token`.
 *
 * @example
 * const options: ProcessClientOptions = { endpoint, token: async () => (await fetchAuthSession()).tokens.idToken };
 */
export type ProcessClientOptions = CredentialOptions &
  EndpointOptions & {
    /** @default 'auto' */
    via?: Via | undefined;
    /** @default globalThis.fetch */
    fetch?: typeof fetch | undefined;
    /**
     * For platforms without one, such as Node before 22; without any, the client polls.
     * @default globalThis.WebSocket
     */
    webSocket?: typeof WebSocket | undefined;
    /**
     * For tests.
     * @default the platform's timers
     */
    clock?: Clock | undefined;
  };

/**
 * How to follow a process.
 *
 * @example
 * const options: FollowOptions = { signal: controller.signal, timeoutMs: 60_000 };
 */
export type FollowOptions = {
  /** Ends the call, which rejects with the signal's reason; the process goes on. */
  signal?: AbortSignal | undefined;
  /**
   * After this time the call rejects with {@link WaitTimeoutError}; the process goes on. 0 or more;
   * over 24.8 days, such as Infinity, is without limit.
   */
  timeoutMs?: number | undefined;
  /** @default the client's */
  via?: Via | undefined;
};

/**
 * How to run a process from start to output.
 *
 * @example
 * const options: RunOptions = { timeoutMs: 60_000, onUpdate: (update) => console.log(update.kind) };
 */
export type RunOptions = FollowOptions &
  StartOptions & {
    /**
     * Called with each state and step as `watch` gives them. If it throws, `run` rejects with that.
     */
    onUpdate?: ((update: ProcessUpdate) => void) | undefined;
  };

/**
 * The facade's API for programs. Every call settles exactly once. It rejects with
 * {@link RequestError} when the API refuses, or stays out of reach through several attempts; with
 * the signal's reason; with {@link ClientDisposedError}.
 *
 * @example
 * async function order(client: ProcessClient, input: OrderInput) {
 *   return client.run<OrderOutput>('order', input);
 * }
 */
export type ProcessClient = DisposableIfKnown & {
  /** Starts a process and gives its first state. Tried again with the same id while it may help. */
  start(definition: string, input: unknown, options?: StartOptions): Promise<ProcessState>;
  /** The state as it is now. */
  get(processId: string, options?: { signal?: AbortSignal | undefined }): Promise<ProcessState>;
  /**
   * Ends a running process as ABORTED. Gives the state as Step Functions has it then: RUNNING where
   * it does not tell the end yet, and another end where that came first.
   */
  stop(
    processId: string,
    options?: { reason?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<ProcessState>;
  /**
   * Runs a process that FAILED, TIMED_OUT or was ABORTED on from the step that failed, under a
   * higher version.
   */
  redrive(processId: string, options?: { signal?: AbortSignal | undefined }): Promise<ProcessState>;
  /** A page of what happened, oldest first: 100 events, or `limit` (at most 1,000). */
  history(
    processId: string,
    options?: {
      limit?: number | undefined;
      nextToken?: string | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<ProcessHistory>;
  /**
   * The documents, parsed, from as many pages as there are. With `steps`, of the named steps only.
   */
  data(
    processId: string,
    options?: { steps?: string[] | undefined; signal?: AbortSignal | undefined },
  ): Promise<ProcessData>;
  /**
   * The final state, once the process has SUCCEEDED. Rejects with {@link ProcessFailedError},
   * {@link ProcessTimedOutError} or {@link ProcessAbortedError} if it ends otherwise.
   */
  wait(processId: string, options?: FollowOptions): Promise<ProcessState>;
  /**
   * The present state, then each newer one, and each document that a step has written or writes,
   * once; ends after a terminal state, whichever that is. Versions only rise, documents come in the
   * order of writing, and all of them come before the terminal state: first of all, where the
   * process has ended already. Nothing is sent before the iteration begins.
   */
  watch(processId: string, options?: FollowOptions): AsyncIterable<ProcessUpdate>;
  /**
   * Starts a process, waits for it as `wait` does, and gives the content of its output document:
   * null if it wrote none. The subscription stands before the start, so nothing is missed.
   */
  run<Output = unknown>(definition: string, input: unknown, options?: RunOptions): Promise<Output | null>;
  /** What can be started. */
  definitions(options?: { signal?: AbortSignal | undefined }): Promise<ProcessDefinition[]>;
  /** How the WebSocket stands; `idle` while nothing is followed, and always when polling. */
  connection: Connection;
  /**
   * Fetches the state of everything that is followed and connects anew. Browsers need no such call;
   * in React Native make it when the application comes to the foreground:
   * `AppState.addEventListener('change', (state) => state === 'active' && client.reconnect())`.
   */
  reconnect(): void;
  /**
   * Ends every call with {@link ClientDisposedError}, and leaves no timer, socket or listener.
   * Processes go on.
   */
  dispose(): void;
};

/**
 * A client of the facade, for browsers, Node and React Native. Nothing is sent before its first
 * call.
 *
 * All processes share one WebSocket, which is open only while processes are followed.
 *
 * @example
 * using client = createProcessClient({ endpoint, apiKey });
 * const receipt = await client.run('order', order, { onUpdate: (update) => console.log(update.kind) });
 */
export function createProcessClient(options: ProcessClientOptions): ProcessClient {
  const { clock = systemClock, via: usualVia = 'auto', webSocket = globalThis.WebSocket } = options;
  // Without `btoa` (React Native before 0.74) no WebSocket can carry the credential.
  const canConnect = typeof btoa === 'function' ? webSocket : undefined;
  const endpoint = parseEndpoint(options);
  const credentials = createCredentials(options);
  const http = createHttp(options.fetch ?? globalThis.fetch, clock);
  const api = createProcessApi(createGraphqlRequest(endpoint.graphqlUrl, credentials, http), http);
  const realtime = createRealtime({ endpoint, credentials, webSocket, clock });
  const feeds = createProcessFeeds({
    clock,
    fetchState: api.state,
    fetchSteps: api.written,
    pushes: canConnect && {
      states: createProcessPushes<ProcessState>(realtime, 'onProcessState', PROCESS_STATE_FIELDS),
      steps: createProcessPushes<{ processId: string }>(realtime, 'onProcessStep', STEP),
    },
  });
  const client = new Lifetime();

  const lifetimeOf = (limits: Limits, processId?: string) => startLifetime(client, limits, clock, processId);

  /** A call that is one question to the API. */
  async function ask<Result>(
    processId: string | undefined,
    limits: Limits,
    question: (lifetime: Lifetime) => Promise<Result>,
  ): Promise<Result> {
    const lifetime = lifetimeOf(limits, processId);
    return within(lifetime, () => retry(() => question(lifetime), lifetime, clock));
  }

  /** Calls that follow a process must not be behind what another call has returned. */
  function learned(asked: Promise<ProcessState>): Promise<ProcessState> {
    return asked.then((state) => {
      feeds.learn(state);
      return state;
    });
  }

  /**
   * When a response gets lost, the next attempt may be rejected because the work is done: then the
   * state is returned.
   */
  function askToChange(
    processId: string,
    limits: Limits,
    doneError: string,
    change: (lifetime: Lifetime) => Promise<ProcessState>,
  ): Promise<ProcessState> {
    let attempts = 0;
    const changed = ask(processId, limits, async (lifetime) => {
      attempts += 1;
      try {
        return await change(lifetime);
      } catch (error) {
        if (attempts > 1 && error instanceof RequestError && error.errorType === doneError) {
          return api.state(processId, lifetime);
        }
        throw error;
      }
    });
    return learned(changed);
  }

  function start(definition: string, input: unknown, startOptions: StartOptions, lifetime: Lifetime) {
    const attempt = () => api.start(definition, input, startOptions, lifetime);
    // After a lost response, a second REJECT would be rejected because of the first.
    return learned(startOptions.onConflict === 'REJECT' ? attempt() : retry(attempt, lifetime, clock));
  }

  function dispose() {
    client.end(new ClientDisposedError());
    realtime.dispose();
  }

  return {
    async start(definition, input, startOptions = {}) {
      const lifetime = lifetimeOf(startOptions, startOptions.processId);
      const { processId = createProcessId(), onConflict } = startOptions;
      return within(lifetime, () => start(definition, input, { processId, onConflict }, lifetime));
    },
    get: (processId, getOptions = {}) =>
      learned(ask(processId, getOptions, (lifetime) => api.state(processId, lifetime))),
    stop: (processId, stopOptions = {}) =>
      askToChange(processId, stopOptions, 'ProcessNotRunning', (lifetime) =>
        api.stop(processId, stopOptions.reason, lifetime),
      ),
    redrive: (processId, redriveOptions = {}) =>
      askToChange(processId, redriveOptions, 'NotRedrivable', (lifetime) => api.redrive(processId, lifetime)),
    history: (processId, historyOptions = {}) =>
      ask(processId, historyOptions, (lifetime) => {
        const { limit, nextToken } = historyOptions;
        return api.history(processId, { limit, nextToken }, lifetime);
      }),
    data(processId, dataOptions = {}) {
      const lifetime = lifetimeOf(dataOptions, processId);
      return within(lifetime, () =>
        api.data(processId, dataOptions.steps, lifetime, (request) => retry(request, lifetime, clock)),
      );
    },
    definitions: (definitionsOptions = {}) => ask(undefined, definitionsOptions, api.definitions),
    async wait(processId, waitOptions = {}) {
      const lifetime = lifetimeOf(waitOptions, processId);
      return within(lifetime, async () => {
        const feed = feeds.shared(processId, waitOptions.via ?? usualVia);
        return requireSucceeded(await followToEnd(feed, lifetime, undefined));
      });
    },
    async *watch(processId, watchOptions = {}) {
      const lifetime = lifetimeOf(watchOptions, processId);
      yield* followEach(() => feeds.shared(processId, watchOptions.via ?? usualVia), lifetime);
    },
    async run<Output>(definition: string, input: unknown, runOptions: RunOptions = {}) {
      const { processId = createProcessId(), via = usualVia, onUpdate } = runOptions;
      const lifetime = lifetimeOf(runOptions, processId);
      return within(lifetime, async () => {
        const feed = feeds.open(processId, via);
        const ended = followToEnd(feed, lifetime, onUpdate);
        async function startSubscribed() {
          // Where the connection is known to be down, work begins by polling.
          if (realtime.connection.state !== 'disconnected') await feed.ready();
          feeds.begin(feed, await start(definition, input, { ...runOptions, processId }, lifetime));
        }
        const [state] = await Promise.all([ended, startSubscribed()]);
        requireSucceeded(state);
        const output = await retry(() => api.output(processId, lifetime), lifetime, clock);
        return output as Output | null;
      });
    },
    connection: realtime.connection,
    reconnect() {
      feeds.fetchAll();
      realtime.reconnect();
    },
    dispose,
    [DISPOSE]: dispose,
  };
}
