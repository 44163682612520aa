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

/** What a connection needs of its API. */
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
export function serveConnection(
  socket: WebSocket,
  { authenticate, subscribe, hub, logger, keepAliveMs, connectionTimeoutMs, maxLifeMs }: ConnectionServices,
): void {
  /**
   * By id. An entry exists from the `start` on; its `remove` takes effect once the subscription is
   * live.
   */
  const subscriptions = new Map<string, { remove: () => void }>();
  let acknowledged = false;
  let keepAlive: NodeJS.Timeout | undefined;
  const endOfLife = setTimeout(() => socket.close(CLOSE_GOING_AWAY), maxLifeMs).unref();
  // A client without credentials must not hold a connection for a day.
  const handshake = setTimeout(() => socket.close(CLOSE_REJECTED), connectionTimeoutMs).unref();

  const send = (frame: ServerFrame): void => {
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
    else socket.send(JSON.stringify(frame));
  };
  const sendError = (id: string, errors: FrameError[] | FrameError): void =>
    send({ type: 'error', id, payload: { errors } });

  const connect = async (): Promise<void> => {
    try {
      await authenticate();
      send({ type: 'connection_ack', payload: { connectionTimeoutMs } });
      send({ type: 'ka' });
      acknowledged = true;
      clearTimeout(handshake);
      keepAlive ??= setInterval(() => send({ type: 'ka' }), keepAliveMs).unref();
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      const { errorType } = error;
      const errors = [{ errorType, message: 'You are not authorized to make this call.', errorCode: 401 }];
      send({ type: 'connection_error', payload: { errors } });
      socket.close(CLOSE_REJECTED);
    }
  };

  const start = async (frame: Extract<ClientFrame, { type: 'start' }>): Promise<void> => {
    const { id } = frame;
    if (subscriptions.has(id)) return sendError(id, [duplicate(id)]);
    if (subscriptions.size >= MAX_SUBSCRIPTIONS) return sendError(id, TOO_MANY);
    const entry = { remove: () => {} };
    subscriptions.set(id, entry);
    const isWanted = () => subscriptions.get(id) === entry;
    try {
      const subscription = await subscribe(frame);
      if (!isWanted()) return;
      entry.remove = hub.add({
        subscription,
        deliver: (payload) => send({ type: 'data', id, payload }),
        invalidate() {
          stop(id);
          socket.close(CLOSE_NORMAL);
        },
      });
      send({ type: 'start_ack', id });
    } catch (error) {
      if (!(error instanceof SubscribeError)) throw error;
      if (!isWanted()) return;
      subscriptions.delete(id);
      sendError(id, error.errors);
    }
  };

  const stop = (id: string): void => {
    const entry = subscriptions.get(id);
    if (!entry) return;
    entry.remove();
    subscriptions.delete(id);
    send({ type: 'complete', id });
  };

  const receive = async (text: string): Promise<void> => {
    const frame = parseClientFrame(text);
    if (frame?.type === 'connection_init') return connect();
    if (!acknowledged) return;
    if (!frame) return sendError('', [UNSUPPORTED]);
    if (frame.type === 'stop') return stop(frame.id);
    return start(frame);
  };

  socket.on('message', (message) => {
    receive(String(message)).catch((error: unknown) => {
      logger.error('AppSync: real-time connection failed', error);
      socket.terminate();
    });
  });
  socket.on('close', () => {
    clearTimeout(endOfLife);
    clearTimeout(handshake);
    clearInterval(keepAlive);
    for (const { remove } of subscriptions.values()) remove();
    subscriptions.clear();
  });
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
