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

/** A {@link Connection} whose state the WebSocket sets. */
class ConnectionStatus implements Connection {
  state: ConnectionState = 'idle';
  readonly #listeners = new Set<(state: ConnectionState) => void>();

  /** An arrow function, because React calls it without `this`. */
  readonly subscribe = (listener: (state: ConnectionState) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(next: ConnectionState): void {
    if (next === this.state) return;
    this.state = next;
    // Deferred, so that a listener that throws cannot break the connection.
    for (const listener of this.#listeners) queueMicrotask(() => listener(next));
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

/**
 * One WebSocket for all subscriptions, which is open while there are any.
 *
 * Whatever ends it (a cut, silence, a rejection, an expired credential), it reconnects with a
 * growing random pause and a new credential, and restarts every subscription.
 */
export class Realtime {
  readonly #options: RealtimeOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #byId = new Map<string, Subscription>();
  readonly #status = new ConnectionStatus();
  #socket: RealtimeSocket | undefined;
  #readyAt = 0;
  #failures = 0;
  #lastId = 0;
  /** Ends the pause before the next attempt, or before an unneeded socket is closed. */
  #cancelTimer = () => {};
  #stopOnResume: (() => void) | undefined;

  constructor(options: RealtimeOptions) {
    this.#options = options;
  }

  get connection(): Connection {
    return this.#status;
  }

  /** Subscribes, and again after each reconnect. The returned function unsubscribes. */
  subscribe(operation: Operation, listener: SubscriptionListener): () => void {
    const subscription = { operation, listener, id: '', sent: false, failures: 0, cancelTimer: () => {} };
    this.#subscriptions.add(subscription);
    if (this.#status.state === 'idle') this.#connect();
    else if (this.#socket) {
      this.#cancelTimer();
      if (this.#status.state === 'connected') this.#start(subscription);
    }
    return () => this.#unsubscribe(subscription);
  }

  /** Replaces the socket immediately, even if it seems healthy, if there are subscriptions. */
  reconnect(): void {
    if (this.#subscriptions.size === 0) return;
    this.#socket?.close();
    this.#failures = 0;
    this.#connect();
    this.#allDown();
  }

  /** Closes the socket and removes every timer and listener. */
  dispose(): void {
    for (const subscription of this.#subscriptions) this.#release(subscription);
    this.#subscriptions.clear();
    this.#status.dispose();
    this.#becomeIdle();
  }

  #unsubscribe(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription)) return;
    this.#stop(subscription);
    if (this.#subscriptions.size > 0) return;
    // Between two attempts there is no socket to keep open.
    if (!this.#socket) this.#becomeIdle();
    else this.#cancelTimer = this.#options.clock.after(KEEP_IDLE_MS, () => this.#becomeIdle());
  }

  #connect(): void {
    this.#cancelTimer();
    this.#status.set('connecting');
    this.#stopOnResume ??= onResume((cause) => {
      if (cause === 'online' || !this.#socket || this.#socket.silentMs() > SUSPECT_SILENCE_MS) {
        this.reconnect();
      }
    });
    this.#socket = openRealtimeSocket(this.#options, {
      onFrame: (frame) => this.#receive(frame),
      onQuiet: () => this.#restartOne(),
      onEnd: () => this.#reconnectLater(),
    });
  }

  #reconnectLater(): void {
    const { clock } = this.#options;
    if (this.#status.state === 'connected') {
      this.#failures = Math.max(0, this.#failures - failuresCanceledBy(clock.now() - this.#readyAt));
    }
    this.#socket = undefined;
    if (this.#subscriptions.size === 0) {
      this.#becomeIdle();
      return;
    }
    this.#status.set('disconnected');
    this.#cancelTimer = clock.after(backoffMs(this.#failures, RECONNECT), () => this.#connect());
    this.#failures += 1;
    this.#allDown();
  }

  /**
   * Restarts a subscription, because AppSync only responds to `start` and `stop`. Listeners fetch
   * what is pushed in between at `onAck`.
   */
  #restartOne(): void {
    const [subscription] = this.#subscriptions;
    if (!subscription) return;
    this.#stop(subscription);
    this.#start(subscription);
  }

  #allDown(): void {
    for (const subscription of this.#subscriptions) {
      this.#release(subscription);
      subscription.listener.onDown();
    }
  }

  #becomeIdle(): void {
    this.#cancelTimer();
    this.#stopOnResume?.();
    this.#stopOnResume = undefined;
    this.#socket?.close();
    this.#socket = undefined;
    this.#failures = 0;
    this.#status.set('idle');
  }

  #start(subscription: Subscription): void {
    const { endpoint, credentials, clock } = this.#options;
    this.#release(subscription);
    this.#lastId += 1;
    const id = String(this.#lastId);
    subscription.id = id;
    subscription.sent = false;
    this.#byId.set(id, subscription);
    subscription.cancelTimer = clock.after(START_ACK_TIMEOUT_MS, () => {
      this.#stop(subscription);
      this.#rejected(subscription);
    });
    const data = JSON.stringify(subscription.operation);
    credentials
      .headers()
      .then((headers) => {
        const authorization = { host: endpoint.host, ...headers };
        if (!this.#byId.has(id)) return;
        subscription.sent = true;
        this.#socket?.request({ type: 'start', id, payload: { data, extensions: { authorization } } });
      })
      // Nothing was sent, so it is retried when there is no acknowledgement.
      .catch(() => {});
  }

  /** Forgets the current start of a subscription, so that its frames are ignored. */
  #release(subscription: Subscription): void {
    subscription.cancelTimer();
    this.#byId.delete(subscription.id);
  }

  #stop(subscription: Subscription): void {
    const { id, sent } = subscription;
    if (sent && this.#byId.has(id)) this.#socket?.request({ type: 'stop', id });
    this.#release(subscription);
  }

  #rejected(subscription: Subscription, rejection?: unknown): void {
    this.#release(subscription);
    const pauseMs = backoffMs(subscription.failures, RESTART);
    subscription.failures += 1;
    subscription.cancelTimer = this.#options.clock.after(pauseMs, () => this.#start(subscription));
    subscription.listener.onDown(rejection);
  }

  #receive({ type, id, payload }: Frame): void {
    if (type === 'connection_ack') {
      this.#readyAt = this.#options.clock.now();
      this.#status.set('connected');
      for (const subscription of this.#subscriptions) this.#start(subscription);
      return;
    }
    const subscription = this.#byId.get(id ?? '');
    if (!subscription) return;
    if (type === 'start_ack') {
      subscription.cancelTimer();
      subscription.failures = 0;
      subscription.listener.onAck();
    } else if (type === 'data') {
      subscription.listener.onData(payload ?? {});
    } else if (type === 'error' || type === 'complete') {
      // The server sends an unrequested completion when it invalidates the subscription.
      this.#rejected(subscription, payload?.errors);
    }
  }
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
