import type { WebSocket } from 'ws';
import type { Logger } from '../../common/logger.ts';
import { UnauthorizedError } from '../resolver/errors.ts';
import {
  type ClientFrame,
  type FrameError,
  parseClientFrame,
  type ServerFrame,
  UNSUPPORTED,
} from './frames.ts';
import type { SubscriptionHub } from './hub.ts';
import { SubscribeError, type Subscription } from './subscribe.ts';

/** @see https://docs.aws.amazon.com/general/latest/gr/appsync.html */
const MAX_SUBSCRIPTIONS = 200;

/** A client that does not read is disconnected: data waiting for it takes memory. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

// AWS does not document AppSync's close codes.
const CLOSE_REJECTED = 1008;
const CLOSE_NORMAL = 1000;
const CLOSE_GOING_AWAY = 1001;

/** The parts of an API that a connection uses. */
export type ConnectionServices = {
  /** Checks the credentials of the upgrade request. Throws {@link UnauthorizedError}. */
  authenticate(): Promise<unknown>;
  /** Grants a `start`. Throws {@link SubscribeError}. */
  subscribe(start: Extract<ClientFrame, { type: 'start' }>): Promise<Subscription>;
  hub: SubscriptionHub;
  logger: Logger;
  keepAliveMs: number;
  connectionTimeoutMs: number;
  maxLifeMs: number;
};

/**
 * Serves AppSync's protocol on an open WebSocket, until either side closes it or its maximum life
 * ends.
 *
 * Frames before the acknowledgement are ignored. A `start` is acknowledged once all following
 * pushes will be sent. A `stop` that arrives while it is being granted ends it.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function serveConnection(socket: WebSocket, services: ConnectionServices): void {
  new Connection(socket, services);
}

class Connection {
  readonly #socket: WebSocket;
  readonly #services: ConnectionServices;
  /**
   * By id. An entry exists from the `start` on; its `remove` takes effect once the subscription is
   * live.
   */
  readonly #subscriptions = new Map<string, { remove: () => void }>();
  readonly #endOfLife: NodeJS.Timeout;
  readonly #handshake: NodeJS.Timeout;
  #isAcknowledged = false;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, services: ConnectionServices) {
    const { connectionTimeoutMs, maxLifeMs, logger } = services;
    this.#socket = socket;
    this.#services = services;
    this.#endOfLife = setTimeout(() => socket.close(CLOSE_GOING_AWAY), maxLifeMs).unref();
    // A client without credentials must not hold a connection for a day.
    this.#handshake = setTimeout(() => socket.close(CLOSE_REJECTED), connectionTimeoutMs).unref();
    socket.on('message', (message) => {
      this.#receive(String(message)).catch((error: unknown) => {
        logger.error('AppSync: real-time connection failed', error);
        socket.terminate();
      });
    });
    socket.on('close', () => this.#end());
  }

  async #receive(text: string): Promise<void> {
    const frame = parseClientFrame(text);
    if (frame?.type === 'connection_init') return this.#connect();
    if (!this.#isAcknowledged) return;
    if (!frame) return this.#sendError('', [UNSUPPORTED]);
    if (frame.type === 'stop') return this.#stop(frame.id);
    return this.#start(frame);
  }

  async #connect(): Promise<void> {
    const { authenticate, connectionTimeoutMs, keepAliveMs } = this.#services;
    try {
      await authenticate();
      this.#send({ type: 'connection_ack', payload: { connectionTimeoutMs } });
      this.#send({ type: 'ka' });
      this.#isAcknowledged = true;
      clearTimeout(this.#handshake);
      this.#keepAlive ??= setInterval(() => this.#send({ type: 'ka' }), keepAliveMs).unref();
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      const { errorType } = error;
      const errors = [{ errorType, message: 'You are not authorized to make this call.', errorCode: 401 }];
      this.#send({ type: 'connection_error', payload: { errors } });
      this.#socket.close(CLOSE_REJECTED);
    }
  }

  async #start(frame: Extract<ClientFrame, { type: 'start' }>): Promise<void> {
    const { id } = frame;
    const subscriptions = this.#subscriptions;
    if (subscriptions.has(id)) return this.#sendError(id, [duplicate(id)]);
    if (subscriptions.size >= MAX_SUBSCRIPTIONS) return this.#sendError(id, TOO_MANY);
    const entry = { remove: () => {} };
    subscriptions.set(id, entry);
    const isWanted = () => subscriptions.get(id) === entry;
    try {
      const subscription = await this.#services.subscribe(frame);
      if (!isWanted()) return;
      entry.remove = this.#services.hub.add({
        subscription,
        deliver: (payload) => this.#send({ type: 'data', id, payload }),
        invalidate: () => {
          this.#stop(id);
          this.#socket.close(CLOSE_NORMAL);
        },
      });
      this.#send({ type: 'start_ack', id });
    } catch (error) {
      if (!(error instanceof SubscribeError)) throw error;
      if (!isWanted()) return;
      subscriptions.delete(id);
      this.#sendError(id, error.errors);
    }
  }

  #stop(id: string): void {
    const entry = this.#subscriptions.get(id);
    if (!entry) return;
    entry.remove();
    this.#subscriptions.delete(id);
    this.#send({ type: 'complete', id });
  }

  #send(frame: ServerFrame): void {
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.#socket.terminate();
    else this.#socket.send(JSON.stringify(frame));
  }

  #sendError(id: string, errors: FrameError[] | FrameError): void {
    this.#send({ type: 'error', id, payload: { errors } });
  }

  #end(): void {
    clearTimeout(this.#endOfLife);
    clearTimeout(this.#handshake);
    clearInterval(this.#keepAlive);
    for (const { remove } of this.#subscriptions.values()) remove();
    this.#subscriptions.clear();
  }
}

const TOO_MANY: FrameError = {
  errorType: 'MaxSubscriptionsReachedError',
  message: `Max number of ${MAX_SUBSCRIPTIONS} subscriptions reached`,
};

function duplicate(id: string): FrameError {
  return {
    errorType: 'DuplicatedOperationError',
    message: `DuplicatedOperationError: subscription ${id} exists on this connection`,
  };
}
