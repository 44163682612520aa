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
 * How the one WebSocket stands: `idle` when nobody needs it, `disconnected` while it waits to try
 * again.
 *
 * @example
 * const badge: Record<ConnectionState, string> = {
 *   idle: '', connecting: 'connecting…', connected: 'live', disconnected: 'offline, polling',
 * };
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'disconnected';

/**
 * The state of the connection, to be read or followed (it fits React's `useSyncExternalStore`).
 *
 * @example
 * const stop = client.connection.subscribe((state) => showBadge(state));
 */
export type Connection = {
  readonly state: ConnectionState;
  /** Calls back after each change, until the function that it returns is called. */
  subscribe(listener: (state: ConnectionState) => void): () => void;
};

/** The caller's side of one subscription. */
export type SubscriptionListener = {
  /**
   * The server has acknowledged it, for the first time or again. What happened before will not be
   * sent.
   */
  onAck(): void;
  onData(payload: NonNullable<Frame['payload']>): void;
  /**
   * Nothing comes until the next `onAck`. `refusal` holds the errors if the server refused this
   * subscription.
   */
  onDown(refusal?: unknown): void;
};

/** Subscriptions over one WebSocket. */
export type Realtime = {
  connection: Connection;
  /**
   * Keeps a subscription alive, over all reconnects, until the function that it returns is called.
   */
  subscribe(operation: Operation, listener: SubscriptionListener): () => void;
  /**
   * Leaves the present socket, however healthy it seems, and connects anew at once, if there are
   * subscriptions.
   */
  reconnect(): void;
  /** Closes the socket and takes off every timer and listener. */
  dispose(): void;
};

type Subscription = {
  operation: Operation;
  listener: SubscriptionListener;
  /**
   * Id of the present start; a new one each time, so that frames for an earlier one are known as
   * such.
   */
  id: string;
  /** Whether the present start was sent: only then has a stop an answer. */
  sent: boolean;
  failures: number;
  cancelTimer: () => void;
};

/**
 * A socket that is wanted again within this time is still there: unsubscribe and subscribe at once
 * is common.
 */
const KEEP_IDLE_MS = 1_000;
const START_ACK_WITHIN_MS = 15_000;
/** For a subscription that the server rejected, or did not acknowledge. */
const RESTART: Backoff = { firstMs: 1_000, maxMs: 30_000 };
/**
 * AppSync sends a keep-alive each minute; a page that comes back after a longer silence does not
 * trust the socket.
 */
const SUSPECT_SILENCE_MS = 65_000;

/**
 * One WebSocket for all subscriptions, open as long as there are any. Whatever ends it (cut,
 * silence, refusal, expired credential), it connects again, with a growing random pause and a
 * credential asked anew, and starts every subscription again.
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
    if (state === 'connected') failures = Math.max(0, failures - earnedBy(clock.now() - readyAt));
    socket = undefined;
    if (subscriptions.size === 0) return becomeIdle();
    setState('disconnected');
    cancelTimer = clock.after(backoffMs(failures, RECONNECT), connect);
    failures += 1;
    allDown();
  }

  /**
   * The only frames that AppSync is documented to answer. What is pushed meanwhile is fetched at
   * `onAck`.
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
    subscription.cancelTimer = clock.after(START_ACK_WITHIN_MS, () => {
      stop(subscription);
      refused(subscription);
    });
    const data = JSON.stringify(subscription.operation);
    credentials
      .headers()
      .then((headers) => {
        const authorization = { host: endpoint.host, ...headers };
        if (!byId.has(id)) return;
        subscription.sent = true;
        socket?.ask({ type: 'start', id, payload: { data, extensions: { authorization } } });
      })
      // Nothing was sent, so it is tried again when the acknowledgement does not come.
      .catch(() => {});
  }

  /**
   * Forgets the present start of a subscription, so that nothing that comes for it counts any more.
   */
  function release(subscription: Subscription) {
    subscription.cancelTimer();
    byId.delete(subscription.id);
  }

  function stop(subscription: Subscription) {
    const { id, sent } = subscription;
    if (sent && byId.has(id)) socket?.ask({ type: 'stop', id });
    release(subscription);
  }

  function refused(subscription: Subscription, refusal?: unknown) {
    release(subscription);
    const pauseMs = backoffMs(subscription.failures, RESTART);
    subscription.failures += 1;
    subscription.cancelTimer = clock.after(pauseMs, () => start(subscription));
    subscription.listener.onDown(refusal);
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
      // A completion that nobody asked for comes when the server invalidates the subscription.
      refused(subscription, payload?.errors);
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
        // Between two attempts there is no socket to keep.
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
 * How many failures a connection of this duration makes up for: one after 6 s, two after 18 s. A
 * connection that breaks now and then is replaced after the shorter pause; a server that accepts
 * and cuts again is tried as rarely as one that rejects.
 */
function earnedBy(connectedMs: number): number {
  return Math.floor(Math.log2(1 + connectedMs / RECONNECT.firstMs));
}
