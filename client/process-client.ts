import { PROCESS_STATE_FIELDS, type ProcessState } from './api-types.ts';
import { type Clock, systemClock } from './clock.ts';
import { type CredentialOptions, createCredentials } from './credentials.ts';
import type { AnyDefinitions, DefinitionsByName, NameOf, StateOf } from './definition-types.ts';
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
import { type Connection, Realtime } from './realtime.ts';
import { retry } from './retry.ts';

/**
 * Options of {@link createProcessClient}: an endpoint and exactly one of `apiKey` and `token`.
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
     * For platforms without a WebSocket, such as Node before 22. Without one, the client polls.
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
 * Options for following a process.
 *
 * @example
 * const options: FollowOptions = { signal: controller.signal, timeoutMs: 60_000 };
 */
export type FollowOptions = {
  /** Ends the call, which rejects with the signal's reason. The process continues. */
  signal?: AbortSignal | undefined;
  /**
   * After this time the call rejects with {@link WaitTimeoutError}, and the process continues. 0 or
   * more. Over 24.8 days, such as Infinity, means no limit.
   */
  timeoutMs?: number | undefined;
  /** @default the client's option */
  via?: Via | undefined;
};

/**
 * Options for running a process from start to output.
 *
 * @example
 * const options: RunOptions = { timeoutMs: 60_000, onUpdate: (update) => console.log(update.kind) };
 */
export type RunOptions<Name extends string = string> = FollowOptions &
  StartOptions & {
    /** Called with each update, as from `watch`. If it throws, `run` rejects with its error. */
    onUpdate?: ((update: ProcessUpdate<StateOf<Name>>) => void) | undefined;
  };

/** The calls that start a process. Without definitions, `run` takes the type of the output. */
type StartingCalls<Definitions extends DefinitionsByName<Definitions>> =
  string extends NameOf<Definitions>
    ? {
        /** Starts a process and returns its first state. Retries use the same id. */
        start(definition: string, input: unknown, options?: StartOptions): Promise<ProcessState>;
        /**
         * Starts a process, waits for it like `wait`, and returns the content of its output
         * document, or null if it has none. It subscribes before the start, so nothing is missed.
         */
        run<Output = unknown>(
          definition: string,
          input: unknown,
          options?: RunOptions,
        ): Promise<Output | null>;
      }
    : {
        /** Starts a process and returns its first state. Retries use the same id. */
        start<Name extends NameOf<Definitions>>(
          definition: Name,
          input: Definitions[Name]['input'],
          options?: StartOptions,
        ): Promise<StateOf<Name>>;
        /**
         * Starts a process, waits for it like `wait`, and returns the content of its output
         * document, or null if it has none. It subscribes before the start, so nothing is missed.
         */
        run<Name extends NameOf<Definitions>>(
          definition: Name,
          input: Definitions[Name]['input'],
          options?: RunOptions<Name>,
        ): Promise<Definitions[Name]['output'] | null>;
      };

/** The calls about processes that have started, and the client itself. */
type OtherCalls<Definitions extends DefinitionsByName<Definitions>> = {
  /** Returns the current state. */
  get(
    processId: string,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<StateOf<NameOf<Definitions>>>;
  /**
   * Stops a running process with status ABORTED. Returns the state from Step Functions: RUNNING if
   * it does not show the end yet, or a different end that came first.
   */
  stop(
    processId: string,
    options?: { reason?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<StateOf<NameOf<Definitions>>>;
  /**
   * Resumes a FAILED, TIMED_OUT or ABORTED process at the step that failed, under a higher version.
   */
  redrive(
    processId: string,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<StateOf<NameOf<Definitions>>>;
  /** Returns a page of events, oldest first: 100, or `limit` (at most 1,000). */
  history(
    processId: string,
    options?: {
      limit?: number | undefined;
      nextToken?: string | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<ProcessHistory>;
  /**
   * Returns the parsed documents from all pages. With `steps`, only of the named steps. The type
   * argument names the definition of the process: `client.data<'order'>(processId)`.
   */
  data<Name extends NameOf<Definitions> = NameOf<Definitions>>(
    processId: string,
    options?: { steps?: string[] | undefined; signal?: AbortSignal | undefined },
  ): Promise<ProcessData<Definitions[Name]['input'], Definitions[Name]['output']>>;
  /**
   * Waits until the process has SUCCEEDED and returns its final state. Rejects with
   * {@link ProcessFailedError}, {@link ProcessTimedOutError} or {@link ProcessAbortedError} if it
   * ends with another status.
   */
  wait(processId: string, options?: FollowOptions): Promise<StateOf<NameOf<Definitions>>>;
  /**
   * Yields the current state, each newer state, and each document of a step exactly once. Ends
   * after the first terminal state.
   *
   * Versions only increase. Documents come in the order of writing, and all of them before the
   * terminal state; if the process has already ended, they come first. Nothing is sent before the
   * iteration begins.
   */
  watch(
    processId: string,
    options?: FollowOptions,
  ): AsyncIterable<ProcessUpdate<StateOf<NameOf<Definitions>>>>;
  /** Returns the definitions that can be started. */
  definitions(options?: { signal?: AbortSignal | undefined }): Promise<ProcessDefinition[]>;
  /** State of the WebSocket: `idle` while nothing is followed, and always when polling. */
  connection: Connection;
  /**
   * Fetches the state of all followed processes and reconnects. Browsers do not need this. In React
   * Native, call it when the application returns to the foreground:
   * `AppState.addEventListener('change', (state) => state === 'active' && client.reconnect())`.
   */
  reconnect(): void;
  /**
   * Ends every call with {@link ClientDisposedError}, and removes all timers, sockets and
   * listeners. Processes continue.
   */
  dispose(): void;
};

/**
 * The facade's API for programs. With `Definitions`, names, inputs and outputs are checked by the
 * compiler. Every call settles exactly once. It rejects with:
 *
 * - {@link RequestError} if the API rejects the request, or cannot be reached in several attempts;
 * - the signal's reason;
 * - {@link ClientDisposedError}.
 *
 * @example
 * async function order(client: ProcessClient, input: OrderInput) {
 *   return client.run<OrderOutput>('order', input);
 * }
 */
export type ProcessClient<Definitions extends DefinitionsByName<Definitions> = AnyDefinitions> =
  DisposableIfKnown & StartingCalls<Definitions> & OtherCalls<Definitions>;

/**
 * Creates a client of the facade, for browsers, Node and React Native. Nothing is sent before the
 * first call.
 *
 * All processes share one WebSocket, which is only open while processes are followed. The type
 * argument has the types of the definitions: `DefinitionTypes` of `process-facade/step` derives
 * them.
 *
 * @example
 * using client = createProcessClient({ endpoint, apiKey });
 * const receipt = await client.run('order', order, { onUpdate: (update) => console.log(update.kind) });
 */
export function createProcessClient<Definitions extends DefinitionsByName<Definitions> = AnyDefinitions>(
  options: ProcessClientOptions,
): ProcessClient<Definitions>;
export function createProcessClient(options: ProcessClientOptions): ProcessClient {
  const { clock = systemClock, via: usualVia = 'auto', webSocket = globalThis.WebSocket } = options;
  // Without `btoa` (React Native before 0.74) no WebSocket can carry the credential.
  const canConnect = typeof btoa === 'function' ? webSocket : undefined;
  const endpoint = parseEndpoint(options);
  const credentials = createCredentials(options);
  const http = createHttp(options.fetch ?? globalThis.fetch, clock);
  const api = createProcessApi(createGraphqlRequest(endpoint.graphqlUrl, credentials, http), http);
  const realtime = new Realtime({ endpoint, credentials, webSocket, clock });
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

  /** Makes a call that consists of one retried request. */
  async function call<Result>(
    processId: string | undefined,
    limits: Limits,
    request: (lifetime: Lifetime) => Promise<Result>,
  ): Promise<Result> {
    const lifetime = lifetimeOf(limits, processId);
    return within(lifetime, () => retry(() => request(lifetime), lifetime, clock));
  }

  /** Shares the returned state with calls that follow the process, so that they are not behind. */
  function shared(returned: Promise<ProcessState>): Promise<ProcessState> {
    return returned.then((state) => {
      feeds.learn(state);
      return state;
    });
  }

  /**
   * Makes a call that changes a process. If a response was lost, the retry may be rejected because
   * the first attempt succeeded: then the current state is returned.
   */
  function change(
    processId: string,
    limits: Limits,
    doneError: string,
    request: (lifetime: Lifetime) => Promise<ProcessState>,
  ): Promise<ProcessState> {
    let attempts = 0;
    const changed = call(processId, limits, async (lifetime) => {
      attempts += 1;
      try {
        return await request(lifetime);
      } catch (error) {
        if (attempts > 1 && error instanceof RequestError && error.errorType === doneError) {
          return api.state(processId, lifetime);
        }
        throw error;
      }
    });
    return shared(changed);
  }

  function start(definition: string, input: unknown, startOptions: StartOptions, lifetime: Lifetime) {
    const attempt = () => api.start(definition, input, startOptions, lifetime);
    // After a lost response, a retried REJECT would be rejected because of the first attempt.
    return shared(startOptions.onConflict === 'REJECT' ? attempt() : retry(attempt, lifetime, clock));
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
      shared(call(processId, getOptions, (lifetime) => api.state(processId, lifetime))),
    stop: (processId, stopOptions = {}) =>
      change(processId, stopOptions, 'ProcessNotRunning', (lifetime) =>
        api.stop(processId, stopOptions.reason, lifetime),
      ),
    redrive: (processId, redriveOptions = {}) =>
      change(processId, redriveOptions, 'NotRedrivable', (lifetime) => api.redrive(processId, lifetime)),
    history: (processId, historyOptions = {}) =>
      call(processId, historyOptions, (lifetime) => {
        const { limit, nextToken } = historyOptions;
        return api.history(processId, { limit, nextToken }, lifetime);
      }),
    data(processId, dataOptions = {}) {
      const lifetime = lifetimeOf(dataOptions, processId);
      return within(lifetime, () =>
        api.data(processId, dataOptions.steps, lifetime, (request) => retry(request, lifetime, clock)),
      );
    },
    definitions: (definitionsOptions = {}) => call(undefined, definitionsOptions, api.definitions),
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
          // If the connection is known to be down, work begins with polling.
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
