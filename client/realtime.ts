import { type Backoff, backoffMs, RECONNECT } from './backoff.ts';
import { onResume } from './on-resume.ts';
import type { Operation } from './operation.ts';
import {
  type Frame,
  openRealtimeSocket,
  type RealtimeOptions,
  type RealtimeSocket,
} from './realtime-socket.ts';

/**
 * State of the WebSocket: `idle` if it is not needed, `disconnected` while it waits to reconnect.
 *
 * @example
 * const badge: Record<ConnectionState, string> = {
 *   idle: '', connecting: 'connecting…', connected: 'live', disconnected: 'offline, polling',
 * };
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'disconnected';

/**
 * State of the connection, to read or to follow (compatible with React's `useSyncExternalStore`).
 *
 * @example
 * const stop = client.connection.subscribe((state) => showBadge(state));
 */
export type Connection = {
  readonly state: ConnectionState;
  /** Calls back after each change. The returned function stops it. */
  subscribe(listener: (state: ConnectionState) => void): () => void;
};

/** Callbacks of a subscription. */
export type SubscriptionListener = {
  /**
   * The server has acknowledged the subscription, for the first time or again. Earlier events are
   * not sent.
   */
  onAck(): void;
  onData(payload: NonNullable<Frame['payload']>): void;
  /**
   * Nothing is sent until the next `onAck`. `rejection` has the errors if the server rejected this
   * subscription.
   */
  onDown(rejection?: unknown): void;
};

/** Subscriptions over one WebSocket. */
export type Realtime = {
  connection: Connection;
  /** Subscribes, and again after each reconnect. The returned function unsubscribes. */
  subscribe(operation: Operation, listener: SubscriptionListener): () => void;
  /** Replaces the socket immediately, even if it seems healthy, if there are subscriptions. */
  reconnect(): void;
  /** Closes the socket and removes every timer and listener. */
  dispose(): void;
};

type Subscription = {
  operation: Operation;
  listener: SubscriptionListener;
  /** Id of the current start. Each start has a new one, to recognize frames for earlier ones. */
  id: string;
  /** Whether the current start was sent. Only then does the server respond to a stop. */
  sent: boolean;
  failures: number;
  cancelTimer: () => void;
};

/** Time that an unused socket stays open: to unsubscribe and subscribe immediately is common. */
const KEEP_IDLE_MS = 1_000;
const START_ACK_TIMEOUT_MS = 15_000;
/** For a subscription that the server rejected, or did not acknowledge. */
const RESTART: Backoff = { firstMs: 1_000, maxMs: 30_000 };
/**
 * AppSync sends a keep-alive every minute. A page that is resumed after a longer silence replaces
 * the socket.
 */
const SUSPECT_SILENCE_MS = 65_000;

/**
 * Creates one WebSocket for all subscriptions, which is open while there are any.
 *
 * Whatever ends it (a cut, silence, a rejection, an expired credential), it reconnects with a
 * growing random pause and a new credential, and restarts every subscription.
 */
export function createRealtime(options: RealtimeOptions): Realtime {
  const { endpoint, credentials, clock } = options;
  const subscriptions = new Set<Subscription>();
  const byId = new Map<string, Subscription>();
  const stateListeners = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = 'idle';
  let socket: RealtimeSocket | undefined;
  let readyAt = 0;
  let failures = 0;
  let lastId = 0;
  // Ends the pause before the next attempt, or before an unneeded socket is closed.
  let cancelTimer = () => {};
  let stopOnResume: (() => void) | undefined;

  function setState(next: ConnectionState) {
    if (next === state) return;
    state = next;
    // Deferred, so that a listener that throws cannot break the connection.
    for (const listener of stateListeners) queueMicrotask(() => listener(next));
  }

  function connect() {
    cancelTimer();
    setState('connecting');
    stopOnResume ??= onResume((cause) => {
      if (cause === 'online' || !socket || socket.silentMs() > SUSPECT_SILENCE_MS) reconnect();
    });
    socket = openRealtimeSocket(options, { onFrame: receive, onQuiet: restartOne, onEnd: reconnectLater });
  }

  function reconnectLater() {
    if (state === 'connected') failures = Math.max(0, failures - failuresCanceledBy(clock.now() - readyAt));
    socket = undefined;
    if (subscriptions.size === 0) return becomeIdle();
    setState('disconnected');
    cancelTimer = clock.after(backoffMs(failures, RECONNECT), connect);
    failures += 1;
    allDown();
  }

  /**
   * Restarts a subscription, because AppSync only responds to `start` and `stop`. Listeners fetch
   * what is pushed in between at `onAck`.
   */
  function restartOne() {
    const [subscription] = subscriptions;
    if (!subscription) return;
    stop(subscription);
    start(subscription);
  }

  function allDown() {
    for (const subscription of subscriptions) {
      release(subscription);
      subscription.listener.onDown();
    }
  }

  function becomeIdle() {
    cancelTimer();
    stopOnResume?.();
    stopOnResume = undefined;
    socket?.close();
    socket = undefined;
    failures = 0;
    setState('idle');
  }

  function reconnect() {
    if (subscriptions.size === 0) return;
    socket?.close();
    failures = 0;
    connect();
    allDown();
  }

  function start(subscription: Subscription) {
    release(subscription);
    lastId += 1;
    const id = String(lastId);
    subscription.id = id;
    subscription.sent = false;
    byId.set(id, subscription);
    subscription.cancelTimer = clock.after(START_ACK_TIMEOUT_MS, () => {
      stop(subscription);
      rejected(subscription);
    });
    const data = JSON.stringify(subscription.operation);
    credentials
      .headers()
      .then((headers) => {
        const authorization = { host: endpoint.host, ...headers };
        if (!byId.has(id)) return;
        subscription.sent = true;
        socket?.request({ type: 'start', id, payload: { data, extensions: { authorization } } });
      })
      // Nothing was sent, so it is retried when there is no acknowledgement.
      .catch(() => {});
  }

  /** Forgets the current start of a subscription, so that its frames are ignored. */
  function release(subscription: Subscription) {
    subscription.cancelTimer();
    byId.delete(subscription.id);
  }

  function stop(subscription: Subscription) {
    const { id, sent } = subscription;
    if (sent && byId.has(id)) socket?.request({ type: 'stop', id });
    release(subscription);
  }

  function rejected(subscription: Subscription, rejection?: unknown) {
    release(subscription);
    const pauseMs = backoffMs(subscription.failures, RESTART);
    subscription.failures += 1;
    subscription.cancelTimer = clock.after(pauseMs, () => start(subscription));
    subscription.listener.onDown(rejection);
  }

  function receive({ type, id, payload }: Frame) {
    if (type === 'connection_ack') {
      readyAt = clock.now();
      setState('connected');
      return subscriptions.forEach(start);
    }
    const subscription = byId.get(id ?? '');
    if (!subscription) return;
    if (type === 'start_ack') {
      subscription.cancelTimer();
      subscription.failures = 0;
      subscription.listener.onAck();
    } else if (type === 'data') {
      subscription.listener.onData(payload ?? {});
    } else if (type === 'error' || type === 'complete') {
      // The server sends an unrequested completion when it invalidates the subscription.
      rejected(subscription, payload?.errors);
    }
  }

  return {
    connection: {
      get state() {
        return state;
      },
      subscribe(listener) {
        stateListeners.add(listener);
        return () => stateListeners.delete(listener);
      },
    },
    subscribe(operation, listener) {
      const subscription = {
        operation,
        listener,
        id: '',
        sent: false,
        failures: 0,
        cancelTimer: () => {},
      };
      subscriptions.add(subscription);
      if (state === 'idle') connect();
      else if (socket) {
        cancelTimer();
        if (state === 'connected') start(subscription);
      }
      return () => {
        if (!subscriptions.delete(subscription)) return;
        stop(subscription);
        if (subscriptions.size > 0) return;
        // Between two attempts there is no socket to keep open.
        if (!socket) becomeIdle();
        else cancelTimer = clock.after(KEEP_IDLE_MS, becomeIdle);
      };
    },
    reconnect,
    dispose() {
      subscriptions.forEach(release);
      subscriptions.clear();
      stateListeners.clear();
      becomeIdle();
    },
  };
}

/**
 * Returns how many failures a connection of this duration cancels: one after 6 s, two after 18 s.
 *
 * A connection that breaks occasionally is replaced after the shorter pause. A server that accepts
 * connections and cuts them is retried as rarely as one that rejects them.
 */
function failuresCanceledBy(connectedMs: number): number {
  return Math.floor(Math.log2(1 + connectedMs / RECONNECT.firstMs));
}
